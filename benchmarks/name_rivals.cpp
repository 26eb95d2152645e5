// SPDX-License-Identifier: Apache-2.0
#include "benchmarks/name_rivals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <stdexcept>

#include "analytics/names/address_digits.hpp"

namespace echotap {

namespace {

bool is_letter(char octet) {
    return octet >= 'a' && octet <= 'z';
}

}  // namespace

NameRival::NameRival(const NameRules& rules) : rules_(rules), ranges_(rules.ranges) {
    for (std::size_t i = 0; i < rules.suffixes.size(); ++i) {
        const std::string& suffix = rules.suffixes[i].suffix;
        suffixes_.try_emplace(suffix, static_cast<std::uint16_t>(i));
        const auto dots = static_cast<std::size_t>(std::count(suffix.begin(), suffix.end(), '.'));
        suffix_components_max_ = std::max(suffix_components_max_, dots + 1);
    }
}

void NameRival::read(std::string_view name, Plain& plain) const {
    read_plain_name(name, plain.name);
    plain.text = plain.name.text();
    plain.public_begin = rules_.public_suffixes.begin_in(plain.text);
}

bool NameRival::has_digits(const Plain& plain, const NameToMatch& name) const {
    return name.address && has_address_digits(plain.text, *name.address);
}

NameVerdict NameRival::keyword(const Plain& plain, std::size_t at, std::uint16_t rule) const {
    const auto component = std::count(plain.text.begin(), plain.text.begin() + static_cast<std::ptrdiff_t>(at), '.');
    return {rules_.keywords[rule].category, NameReason::keyword, static_cast<std::uint8_t>(component), rule};
}

NameVerdict NameRival::provider(const Plain& plain, const NameToMatch& name) const {
    NameVerdict verdict;
    verdict.reason = plain.name.is_too_long ? NameReason::too_long : NameReason::none;
    std::size_t at = plain.text.size();
    for (std::size_t components = 1; components <= suffix_components_max_ && at > 0; ++components) {
        at -= components > 1 ? 1 : 0;
        while (at > 0 && plain.text[at - 1] != '.') {
            --at;
        }
        const auto found = components > 1 ? suffixes_.find(plain.text.substr(at)) : suffixes_.end();
        if (found != suffixes_.end() && (verdict.reason != NameReason::suffix || found->second < verdict.rule)) {
            verdict = {rules_.suffixes[found->second].category, NameReason::suffix, 0, found->second};
        }
    }
    const auto range = name.address ? ranges_.find(*name.address) : std::nullopt;
    if (range && rules_.ranges[*range].category < verdict.category) {
        verdict = {rules_.ranges[*range].category, NameReason::range, 0, *range};
    }
    return verdict;
}

TokenTable::TokenTable(const NameRules& rules) : NameRival(rules), table_(256) {
    for (std::size_t i = 0; i < rules.keywords.size(); ++i) {
        const KeywordRule& rule = rules.keywords[i];
        const auto number = static_cast<std::uint16_t>(i);
        if (rule.is_beginning) {
            beginnings_.push_back(number);
            continue;
        }
        if (rule.word.size() > word_max) {
            throw std::runtime_error("the table takes words of 16 letters");
        }
        std::array<std::uint64_t, 2> letters{};
        std::memcpy(letters.data(), rule.word.data(), rule.word.size());
        std::size_t slot = slot_of(letters);
        while (table_[slot].letters[0] != 0 && table_[slot].letters != letters) {
            slot = (slot + 1) % table_.size();
        }
        table_[slot].letters = letters;
        std::uint16_t& place = rule.category == NameCategory::home ? table_[slot].home : table_[slot].other;
        place = std::min(place, number);
    }
}

std::size_t TokenTable::slot_of(const std::array<std::uint64_t, 2>& letters) {
    return (letters[0] * 0x9e3779b97f4a7c15U + letters[1] * 0xbf58476d1ce4e5b9U) >> 56U;
}

NameVerdict TokenTable::scan(const NameToMatch& name) const {
    Plain plain;
    read(name.name, plain);
    std::optional<bool> digits;
    std::uint16_t best = no_rule;
    const auto offer = [&](std::uint16_t rule, bool is_home) {
        if (rule < best) {
            if (is_home && !digits) {
                digits = has_digits(plain, name);
            }
            best = !is_home || *digits ? rule : best;
        }
    };
    for (std::size_t at = 0; at < plain.public_begin; ++at) {
        if (plain.text[at] == '.' && best != no_rule) {
            return keyword(plain, at, best);
        }
        if (!is_letter(plain.text[at])) {
            continue;
        }
        const std::size_t begin = at;
        while (is_letter(plain.text[at])) {
            ++at;
        }
        const std::string_view word = plain.text.substr(begin, at - begin);
        --at;
        if (word.size() <= word_max) {
            std::array<std::uint64_t, 2> letters{};
            std::memcpy(letters.data(), word.data(), word.size());
            std::size_t slot = slot_of(letters);
            while (table_[slot].letters[0] != 0 && table_[slot].letters != letters) {
                slot = (slot + 1) % table_.size();
            }
            offer(table_[slot].other, false);
            offer(table_[slot].home, true);
        }
        for (const std::uint16_t rule : beginnings_) {
            if (word.starts_with(rules_.keywords[rule].word)) {
                offer(rule, rules_.keywords[rule].category == NameCategory::home);
            }
        }
    }
    return provider(plain, name);
}

RegexNames::RegexNames(const NameRules& rules) : NameRival(rules) {
    for (std::size_t i = 0; i < rules.keywords.size();) {
        const std::size_t first = i;
        std::string words;
        for (; i < rules.keywords.size() && rules.keywords[i].category == rules.keywords[first].category; ++i) {
            words += fmt::format("{}({}{})", i == first ? "" : "|", rules.keywords[i].word,
                                 rules.keywords[i].is_beginning ? "[a-z]*" : "");
        }
        categories_.push_back({rules.keywords[first].category, static_cast<std::uint16_t>(first),
                               std::regex(fmt::format("(?:^|[^a-z])(?:{})(?![a-z])", words), std::regex::optimize)});
    }
}

NameVerdict RegexNames::scan(const NameToMatch& name) const {
    Plain plain;
    read(name.name, plain);
    std::optional<bool> digits;
    for (std::size_t at = 0; at < plain.public_begin;) {
        const std::size_t end = plain.text.find('.', at);
        const char* begin = plain.text.data() + at;
        for (const Category& category : categories_) {
            std::cmatch match;
            if (!std::regex_search(begin, plain.text.data() + end, match, category.expression)) {
                continue;
            }
            if (category.category == NameCategory::home) {
                digits = digits ? *digits : has_digits(plain, name);
                if (!*digits) {
                    continue;
                }
            }
            // The expression finds the left-most word; which word of the category it is makes no difference here.
            return keyword(plain, at, category.first_rule);
        }
        at = end + 1;
    }
    return provider(plain, name);
}

HyperscanPatterns::HyperscanPatterns(const NameRules& rules) : NameRival(rules) {
    std::vector<std::string> patterns;
    for (const KeywordRule& rule : rules.keywords) {
        patterns.push_back(fmt::format("(?:^|[^a-z]){}{}", rule.word, rule.is_beginning ? "" : "[^a-z]"));
    }
    std::vector<const char*> texts;
    std::vector<unsigned> ids;
    for (const std::string& pattern : patterns) {
        texts.push_back(pattern.c_str());
        ids.push_back(static_cast<unsigned>(ids.size()));
    }
    const std::vector<unsigned> flags(texts.size(), HS_FLAG_DOTALL);
    hs_database_t* database = nullptr;
    hs_compile_error_t* error = nullptr;
    if (hs_compile_multi(texts.data(), flags.data(), ids.data(), static_cast<unsigned>(texts.size()), HS_MODE_BLOCK,
                         nullptr, &database, &error) != HS_SUCCESS) {
        throw std::runtime_error(error->message);
    }
    database_.reset(database);
    hs_scratch_t* scratch = nullptr;
    if (hs_alloc_scratch(database, &scratch) != HS_SUCCESS) {
        throw std::bad_alloc();
    }
    scratch_.reset(scratch);
}

struct HyperscanPatterns::Scan {
    const HyperscanPatterns& rival;
    const Plain& plain;
    const NameToMatch& name;
    std::optional<bool> digits;
    std::uint32_t best_key = UINT32_MAX;
};

int HyperscanPatterns::on_match(unsigned rule, unsigned long long, unsigned long long to, unsigned, void* context) {
    Scan& scan = *static_cast<Scan*>(context);
    const KeywordRule& keyword = scan.rival.rules_.keywords[rule];
    const std::size_t component_end = scan.plain.text.find('.', to - 1);
    const auto key = static_cast<std::uint32_t>(component_end << 16U | rule);
    if (key < scan.best_key) {
        if (keyword.category == NameCategory::home && !scan.digits) {
            scan.digits = scan.rival.has_digits(scan.plain, scan.name);
        }
        scan.best_key = keyword.category != NameCategory::home || *scan.digits ? key : scan.best_key;
    }
    return 0;
}

NameVerdict HyperscanPatterns::scan(const NameToMatch& name) {
    Plain plain;
    read(name.name, plain);
    Scan scan{*this, plain, name, std::nullopt, UINT32_MAX};
    if (hs_scan(database_.get(), plain.text.data(), static_cast<unsigned>(plain.public_begin), 0, scratch_.get(),
                on_match, &scan) != HS_SUCCESS) {
        throw std::logic_error("Hyperscan refused a scan");
    }
    return scan.best_key == UINT32_MAX
               ? provider(plain, name)
               : keyword(plain, scan.best_key >> 16U, static_cast<std::uint16_t>(scan.best_key & 0xffffU));
}

}  // namespace echotap
