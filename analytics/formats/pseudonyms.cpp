// SPDX-License-Identifier: Apache-2.0
#include "analytics/formats/pseudonyms.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>

namespace echotap {

namespace {

constexpr std::size_t hex_size = 2 * Pseudonyms::key_size;

[[noreturn]] void fail(const std::string& path, const std::string& what) {
    throw std::runtime_error(fmt::format("{}: {}", path, what));
}

std::string how_to_make(const std::string& path) {
    return fmt::format("make one with: (umask 077; openssl rand -hex 32 > {})", path);
}

/// A file of a key, closed in the end.
class KeyFile {
public:
    explicit KeyFile(const std::string& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
        if (descriptor_ < 0) {
            fail(path,
                 fmt::format("no key of pseudonyms can be read: {}; {}", std::strerror(errno), how_to_make(path)));
        }
    }
    KeyFile(const KeyFile&) = delete;
    KeyFile& operator=(const KeyFile&) = delete;
    ~KeyFile() { ::close(descriptor_); }

    bool is_open_to_others() const {
        struct stat file {};
        return ::fstat(descriptor_, &file) != 0 || (file.st_mode & (S_IRWXG | S_IRWXO)) != 0;
    }

    /// As much as there is room for; how much that was. A pipe gives its octets in pieces.
    std::size_t read(std::span<std::uint8_t> to) const {
        std::size_t size = 0;
        while (size < to.size()) {
            const ssize_t some = ::read(descriptor_, to.data() + size, to.size() - size);
            if (some == 0 || (some < 0 && errno != EINTR)) {
                break;
            }
            size += some > 0 ? static_cast<std::size_t>(some) : 0;
        }
        return size;
    }

private:
    int descriptor_;
};

bool read_hex(std::span<const std::uint8_t> digits, std::span<std::uint8_t, Pseudonyms::key_size> key) {
    for (std::size_t i = 0; i < key.size(); ++i) {
        std::array<char, 2> pair{};
        std::memcpy(pair.data(), digits.data() + 2 * i, pair.size());
        const auto [end, error] = std::from_chars(pair.data(), pair.data() + pair.size(), key[i], 16);
        if (error != std::errc{} || end != pair.data() + pair.size()) {
            return false;
        }
    }
    return true;
}

}  // namespace

void Pseudonyms::Free::operator()(evp_cipher_ctx_st* cipher) const {
    EVP_CIPHER_CTX_free(cipher);
}

Pseudonyms::Pseudonyms(std::span<const std::uint8_t, key_size> key) : cipher_(EVP_CIPHER_CTX_new()) {
    if (cipher_ == nullptr || EVP_EncryptInit_ex(cipher_.get(), EVP_aes_128_ecb(), nullptr, key.data(), nullptr) != 1 ||
        EVP_CIPHER_CTX_set_padding(cipher_.get(), 0) != 1) {
        throw std::runtime_error("pseudonyms need AES-128 in ECB mode, and this system's OpenSSL does not give it");
    }
    std::memcpy(pad_.data(), key.data() + block_size, block_size);
    encrypt(pad_);
}

Pseudonyms Pseudonyms::from_file(const std::string& path) {
    if (path.empty()) {
        return {};
    }
    const KeyFile file(path);
    if (file.is_open_to_others()) {
        fail(path, fmt::format("others than its owner can read this key of pseudonyms; chmod 600 {}", path));
    }
    std::array<std::uint8_t, hex_size + 2> text{};
    std::array<std::uint8_t, key_size> key{};
    const std::size_t size = file.read(text);
    bool is_key = size == key_size;
    if (is_key) {
        std::memcpy(key.data(), text.data(), key_size);
    } else if (size == hex_size || (size == hex_size + 1 && text[hex_size] == '\n')) {
        is_key = read_hex(text, key);
    }
    OPENSSL_cleanse(text.data(), text.size());
    if (!is_key) {
        fail(path, fmt::format("a key of pseudonyms is 32 octets or 64 hexadecimal digits; {}", how_to_make(path)));
    }
    Pseudonyms pseudonyms(key);
    OPENSSL_cleanse(key.data(), key.size());
    return pseudonyms;
}

IpAddress Pseudonyms::of(const IpAddress& address) const {
    if (!has_key()) {
        return address;
    }
    const std::size_t first = address.is_v4() ? 12 : 0;
    std::array<std::uint8_t, 16> octets = address.octets();
    const std::span<std::uint8_t> mapped = std::span(octets).subspan(first);
    const std::size_t bits = mapped.size() * 8;
    // Block i says what becomes of bit i: its first i bits are the address's, all others the pad's. All blocks go
    // through AES together, which is what its instructions are fast at.
    std::array<std::uint8_t, 128 * block_size> room;
    const std::span<std::uint8_t> blocks = std::span(room).first(bits * block_size);
    std::array<std::uint8_t, block_size> block = pad_;
    for (std::size_t i = 0; i < bits; ++i) {
        std::memcpy(blocks.data() + i * block_size, block.data(), block_size);
        const unsigned bit = 0x80U >> (i % 8);
        block[i / 8] = static_cast<std::uint8_t>((block[i / 8] & ~bit) | (mapped[i / 8] & bit));
    }
    encrypt(blocks);
    for (std::size_t i = 0; i < bits; ++i) {
        const unsigned flip = blocks[i * block_size] >> 7U;
        mapped[i / 8] = static_cast<std::uint8_t>(mapped[i / 8] ^ (flip << (7 - i % 8)));
    }
    return IpAddress::from_v6(octets.data());
}

Prefix Pseudonyms::of(const Prefix& prefix) const {
    return Prefix(of(prefix.address()), prefix.length());
}

void Pseudonyms::encrypt(std::span<std::uint8_t> blocks) const {
    int written = 0;
    if (EVP_EncryptUpdate(cipher_.get(), blocks.data(), &written, blocks.data(), static_cast<int>(blocks.size())) !=
        1) {
        throw std::runtime_error("OpenSSL could not make a pseudonym");
    }
}

}  // namespace echotap
