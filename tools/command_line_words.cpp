// SPDX-License-Identifier: Apache-2.0
#include "tools/command_line_words.hpp"

#include <CLI/CLI.hpp>
#include <map>

#include "tools/text_wrap.hpp"

namespace echotap {

std::string described(std::string_view text) {
    return wrapped(text, 0, 0, terminal_columns - help_column);
}

void add_rows_format(CLI::App& command, const char* what, RowsFormat& format) {
    static const std::map<std::string, RowsFormat> formats{
        {"table", RowsFormat::table}, {"csv", RowsFormat::csv}, {"jsonl", RowsFormat::jsonl}};
    command
        .add_option("--format", format,
                    described(fmt::format("How {} are printed: table (default), csv or jsonl", what)))
        ->transform(CLI::CheckedTransformer(formats))
        ->option_text("FORMAT");
}

}  // namespace echotap
