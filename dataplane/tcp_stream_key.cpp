// SPDX-License-Identifier: Apache-2.0
#include "dataplane/tcp_stream_key.hpp"

#include <cstring>
#include <random>

namespace echotap {

namespace {

__extension__ using Product = unsigned __int128;

std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
    const Product product = static_cast<Product>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

std::array<std::uint64_t, 2> words(const IpAddress& address) {
    std::array<std::uint64_t, 2> to{};
    std::memcpy(to.data(), address.octets().data(), sizeof to);
    return to;
}

}  // namespace

StreamKeyHash::StreamKeyHash() {
    std::random_device device;
    for (std::uint64_t& secret : secrets_) {
        secret = std::uint64_t{device()} << 32U | device();
    }
}

std::size_t StreamKeyHash::operator()(const StreamKey& key) const {
    const auto [a, b] = words(key.ends[0].address);
    const auto [c, d] = words(key.ends[1].address);
    const std::uint64_t ports = std::uint64_t{key.ends[0].port} << 16U | key.ends[1].port;
    const std::uint64_t low = fold(a ^ secrets_[0], b ^ secrets_[1]);
    const std::uint64_t high = fold(c ^ secrets_[1], d ^ secrets_[2]);
    return fold(low ^ secrets_[2] ^ ports, high ^ secrets_[0]);
}

}  // namespace echotap
