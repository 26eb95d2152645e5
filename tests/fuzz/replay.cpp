// SPDX-License-Identifier: Apache-2.0
// Runs a fuzzer's body once over every file of a corpus folder: the same body that libFuzzer drives, as a plain test.
//
// Usage: replay FOLDER. Exit code 0 when the body came back from every file, 1 when the folder has none (a corpus that
// was lost is no success). A difference that the body finds aborts the program; the file's name was printed before.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size);

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    std::error_code error;
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(argv[1], error)) {
        if (entry.is_regular_file()) {
            paths.push_back(entry.path());
        }
    }
    std::sort(paths.begin(), paths.end());
    if (paths.empty()) {
        std::fprintf(stderr, "%s holds no inputs: its make_*.py in tests/fuzz/corpus writes them\n", argv[1]);
        return 1;
    }
    for (const auto& path : paths) {
        std::printf("%s\n", path.filename().c_str());
        std::fflush(stdout);
        std::ifstream file(path, std::ios::binary);
        const std::vector<char> read{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
        if (!file) {
            std::fprintf(stderr, "cannot read %s\n", path.c_str());
            return 1;
        }
        const std::vector<std::uint8_t> octets(read.begin(), read.end());
        LLVMFuzzerTestOneInput(octets.data(), octets.size());
    }
    return 0;
}
