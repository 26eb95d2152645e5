// SPDX-License-Identifier: Apache-2.0
// Text of comma-separated rows goes in, cells by the name of their column come out.
//
// What echotap writes has no quotes, and these rooms read no others (RFC 4180 section 2, rules 1 to 4): a quote is
// refused with its line rather than taken for a letter. Lines that begin with # are remarks.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace echotap {

/// Looks at `text`, which must live as long; so must `name`, by which errors call it.
class CsvRows {
public:
    /// Reads the heading. Throws std::runtime_error where there is none.
    CsvRows(std::string_view text, std::string_view name);

    /// Throws std::runtime_error where the heading lacks it.
    std::size_t column(std::string_view heading) const;
    std::optional<std::size_t> find_column(std::string_view heading) const;

    /// Goes to the next row; false at the end. Throws std::runtime_error where a row has fewer or more cells than the
    /// heading, or a quote.
    bool next();

    std::string_view cell(std::size_t column) const { return cells_[column]; }
    /// The cell as a number; NaN where it is empty. Throws std::runtime_error where it is something else.
    double number(std::size_t column) const;

    /// Throws std::runtime_error: name, line, `what`.
    [[noreturn]] void refuse(std::string_view what) const;

private:
    /// The next line that is neither empty nor a remark; false at the end.
    bool next_line(std::string_view& line);
    void cut(std::string_view line, std::vector<std::string_view>& cells) const;

    std::string_view rest_;
    std::string_view name_;
    std::size_t line_ = 0;
    std::vector<std::string_view> headings_;
    std::vector<std::string_view> cells_;
};

}  // namespace echotap
