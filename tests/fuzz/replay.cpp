// SPDX-License-Identifier: MIT
// Stands in for libFuzzer: gives a fuzz target the empty input and every file of a directory.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <vector>

#include "fuzz.hpp"

namespace {

std::vector<std::filesystem::path> files_in(const std::filesystem::path& directory) {
    std::error_code none_there;
    std::vector<std::filesystem::path> result;
    for (const auto& entry : std::filesystem::directory_iterator(directory, none_there)) result.push_back(entry.path());
    std::ranges::sort(result);
    return result;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: " << argv[0] << " CORPUS\n";
        return 2;
    }
    const std::vector<std::filesystem::path> files = files_in(argv[1]);
    if (files.empty()) {
        std::cerr << argv[1] << " is not there or empty\n";
        return 1;
    }
    LLVMFuzzerTestOneInput(nullptr, 0);
    for (const std::filesystem::path& file : files) {
        std::ifstream in(file, std::ios::binary);
        std::vector<char> bytes(std::filesystem::file_size(file)); // exactly so large: a read beyond it is found
        in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        if (!in) {
            std::cerr << "cannot read " << file << '\n';
            return 1;
        }
        std::cout << file.filename().string() << std::endl; // before it runs: the last one named is the culprit
        LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    }
    std::cout << files.size() << " files and the empty input: all hold\n";
}
