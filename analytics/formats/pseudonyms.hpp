// SPDX-License-Identifier: Apache-2.0
// Addresses go in, other addresses that stand for them come out: the same one for the same address and key, and two
// that begin with the same bits where the addresses do, so that neighbours stay neighbours. The only home of OpenSSL.
//
// This is Crypto-PAn with AES-128: J. Xu, J. Fan, M. Ammar, S. Moon, "Prefix-Preserving IP Address Anonymization:
// Measurement-Based Security Evaluation and a New Cryptography-Based Scheme", ICNP 2002, section 3. Other programs that
// have the key find the same pseudonyms. IPv4 addresses stay IPv4 addresses: their 32 bits are what is mapped.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "config/ip_address.hpp"

struct evp_cipher_ctx_st;

namespace echotap {

/// Used by one thread at a time.
class Pseudonyms {
public:
    static constexpr std::size_t key_size = 32;

    /// Without a key every address stands for itself.
    Pseudonyms() = default;

    /// The first half of the key is that of AES, the second one makes the pad. Throws std::runtime_error where OpenSSL
    /// has no AES-128, as under some policies.
    explicit Pseudonyms(std::span<const std::uint8_t, key_size> key);

    /// The key is all of a file: 32 octets, or 64 hexadecimal digits and perhaps a line feed. An empty path is no key.
    /// Throws std::runtime_error with the cure where the file cannot be read, holds something else, or can be read by
    /// others than its owner: who has the key has the addresses.
    static Pseudonyms from_file(const std::string& path);

    /// What stands for `address`: another one for each.
    IpAddress of(const IpAddress& address) const;

    /// What stands for a prefix: one as long, which all of its addresses' pseudonyms begin with.
    Prefix of(const Prefix& prefix) const;

    bool has_key() const { return cipher_ != nullptr; }

private:
    static constexpr std::size_t block_size = 16;

    struct Free {
        void operator()(evp_cipher_ctx_st* cipher) const;
    };

    /// Whole blocks of AES, in place.
    void encrypt(std::span<std::uint8_t> blocks) const;

    std::unique_ptr<evp_cipher_ctx_st, Free> cipher_;
    std::array<std::uint8_t, block_size> pad_{};
};

}  // namespace echotap
