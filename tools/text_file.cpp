// SPDX-License-Identifier: Apache-2.0
#include "tools/text_file.hpp"

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <vector>

#include "dataplane/state/whole_file.hpp"

namespace echotap {

namespace {

std::string read_standard_input() {
    std::string text;
    std::vector<char> piece(1U << 16U);
    while (const std::size_t size = std::fread(piece.data(), 1, piece.size(), stdin)) {
        text.append(piece.data(), size);
    }
    if (std::ferror(stdin) != 0) {
        throw std::system_error(errno, std::generic_category(), "cannot read standard input");
    }
    return text;
}

}  // namespace

std::string read_text_file(const std::string& path) {
    if (path == "-") {
        return read_standard_input();
    }
    const std::vector<std::uint8_t> octets = read_whole_file(path);
    return {octets.begin(), octets.end()};
}

void write_text_file(const std::string& path, const std::string& text) {
    WholeFile file(path);
    file.write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    file.commit();
}

std::string text_file_name(const std::string& path) {
    return path == "-" ? "standard input" : path;
}

}  // namespace echotap
