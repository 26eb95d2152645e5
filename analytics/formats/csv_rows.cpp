// SPDX-License-Identifier: Apache-2.0
#include "analytics/formats/csv_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <stdexcept>

namespace echotap {

CsvRows::CsvRows(std::string_view text, std::string_view name) : rest_(text), name_(name) {
    std::string_view line;
    if (!next_line(line)) {
        throw std::runtime_error(fmt::format("{}: empty; the first line must name the columns", name_));
    }
    cut(line, headings_);
}

std::optional<std::size_t> CsvRows::find_column(std::string_view heading) const {
    const auto found = std::ranges::find(headings_, heading);
    return found == headings_.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - headings_.begin()));
}

std::size_t CsvRows::column(std::string_view heading) const {
    const auto found = find_column(heading);
    if (!found) {
        throw std::runtime_error(fmt::format("{}: no column '{}' in its heading", name_, heading));
    }
    return *found;
}

bool CsvRows::next() {
    std::string_view line;
    if (!next_line(line)) {
        return false;
    }
    cut(line, cells_);
    if (cells_.size() != headings_.size()) {
        refuse(fmt::format("{} cells under {} headings", cells_.size(), headings_.size()));
    }
    return true;
}

double CsvRows::number(std::size_t column) const {
    const std::string_view text = cells_[column];
    if (text.empty()) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) {
        refuse(fmt::format("'{}' under '{}' is no number", text, headings_[column]));
    }
    return value;
}

void CsvRows::refuse(std::string_view what) const {
    throw std::runtime_error(fmt::format("{}:{}: {}", name_, line_, what));
}

bool CsvRows::next_line(std::string_view& line) {
    while (!rest_.empty()) {
        const std::size_t end = std::min(rest_.find('\n'), rest_.size());
        line = rest_.substr(0, end);
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        ++line_;
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        if (!line.empty() && line.front() != '#') {
            return true;
        }
    }
    return false;
}

void CsvRows::cut(std::string_view line, std::vector<std::string_view>& cells) const {
    if (line.find('"') != std::string_view::npos) {
        refuse("a quote; cells are plain, as echotap writes them");
    }
    cells.clear();
    for (std::size_t comma = line.find(','); comma != std::string_view::npos; comma = line.find(',')) {
        cells.push_back(line.substr(0, comma));
        line.remove_prefix(comma + 1);
    }
    cells.push_back(line);
}

}  // namespace echotap
