// SPDX-License-Identifier: Apache-2.0
#include "analytics/name_matcher.hpp"

#include <fmt/format.h>
#include <hs/hs.h>

#include <algorithm>
#include <array>
#include <new>
#include <stdexcept>
#include <utility>
#include <vector>

#include "analytics/address_digits.hpp"
#include "analytics/name_encoding.hpp"

namespace echotap {

namespace {

/// The strings that Hyperscan looks for. A rule may be several of them; the id of each is the rule's: keywords first,
/// then suffixes.
struct Literals {
    std::vector<std::string> texts;
    std::vector<unsigned> ids;

    void add(std::string text, std::size_t id) {
        texts.push_back(std::move(text));
        ids.push_back(static_cast<unsigned>(id));
    }
};

std::string encoded(std::string_view plain, std::size_t public_begin) {
    std::string text(encoded_name_max, '\0');
    text.resize(static_cast<std::size_t>(write_encoded_name(plain, public_begin, text.data()) - text.data()));
    return text;
}

Literals literals_of(const NameRules& rules) {
    Literals literals;
    for (std::size_t i = 0; i < rules.keywords.size(); ++i) {
        literals.add(fmt::format(" {}{}", rules.keywords[i].word, rules.keywords[i].is_beginning ? "" : " "), i);
    }
    for (std::size_t i = 0; i < rules.suffixes.size(); ++i) {
        const std::string& suffix = rules.suffixes[i].suffix;
        const std::size_t id = rules.keywords.size() + i;
        const std::size_t public_begin = rules.public_suffixes.begin_in(suffix);
        literals.add(encoded(suffix, public_begin), id);
        if (public_begin > 0 && rules.public_suffixes.has_below(suffix)) {
            // Some names at or below it are public in all of it.
            literals.add(encoded(suffix, 0), id);
        }
    }
    return literals;
}

hs_database* compile(const NameRules& rules) {
    if (hs_valid_platform() != HS_SUCCESS) {
        throw std::runtime_error("this processor lacks SSSE3, which matching names needs; run on a newer one");
    }
    const Literals literals = literals_of(rules);
    if (literals.texts.empty()) {
        return nullptr;
    }
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    for (const std::string& text : literals.texts) {
        texts.push_back(text.data());
        sizes.push_back(text.size());
    }
    const std::vector<unsigned> flags(texts.size(), 0);
    hs_database_t* database = nullptr;
    hs_compile_error_t* error = nullptr;
    if (hs_compile_lit_multi(texts.data(), flags.data(), literals.ids.data(), sizes.data(),
                             static_cast<unsigned>(texts.size()), HS_MODE_BLOCK, nullptr, &database,
                             &error) != HS_SUCCESS) {
        const std::string what = fmt::format("Hyperscan refuses the name rules: {}", error->message);
        hs_free_compile_error(error);
        throw std::runtime_error(what);
    }
    return database;
}

constexpr std::uint32_t no_key = UINT32_MAX;
constexpr std::uint16_t no_rule = 0xffff;

}  // namespace

void NameMatcher::FreeDatabase::operator()(hs_database* database) const {
    hs_free_database(database);
}

NameMatcher::NameMatcher(NameRules rules)
    : rules_(std::move(rules)), ranges_(rules_.ranges), database_(compile(rules_)) {
}

NameVerdict NameMatcher::without_name(NameCategory state, const std::optional<IpAddress>& address) const {
    if (rules_.nameless_by_range && address) {
        if (const auto range = ranges_.find(*address)) {
            return {rules_.ranges[*range].category, NameReason::range, 0, *range};
        }
    }
    return {state, NameReason::nameless, 0, 0};
}

std::string NameMatcher::rule_text(const NameVerdict& verdict) const {
    switch (verdict.reason) {
        case NameReason::keyword: {
            const KeywordRule& rule = rules_.keywords[verdict.rule];
            return fmt::format("keyword {}{}", rule.word, rule.is_beginning ? "*" : "");
        }
        case NameReason::suffix:
            return fmt::format("suffix {}", rules_.suffixes[verdict.rule].suffix);
        case NameReason::range:
            return fmt::format("range {}", rules_.ranges[verdict.rule].range.to_string());
        case NameReason::nameless:
            return "no name";
        case NameReason::too_long:
            return "too long for a name";
        case NameReason::none:
            break;
    }
    return "no rule";
}

/// The names of one scan, and what was found in each so far.
struct NameScanner::Block {
    struct Name {
        std::uint32_t begin = 0;  // in encoded
        std::uint32_t end = 0;
        std::uint32_t best_key = no_key;  // of keywords, see on_match()
        std::uint16_t best_suffix = no_rule;
        std::uint16_t plain_size = 0;
        bool digits_known = false;
        bool has_digits = false;
        bool too_long = false;
    };

    const NameRules* rules = nullptr;
    std::span<const NameToMatch> queriers;
    std::size_t current = 0;  // the name of the last match
    std::array<Name, batch_max> names;
    std::array<std::array<char, plain_name_max + 1>, batch_max> plain;
    std::array<char, batch_max * encoded_name_max> encoded;

    std::string_view plain_of(std::size_t number) const { return {plain[number].data(), names[number].plain_size}; }

    /// The name in which a match ends.
    Name& name_at(std::uint32_t end) {
        while (end > names[current].end) {
            ++current;
        }
        while (end <= names[current].begin) {
            --current;
        }
        return names[current];
    }

    bool has_digits(Name& name) {
        if (!name.digits_known) {
            const auto& address = queriers[current].address;
            name.has_digits = address && has_address_digits(plain_of(current), *address);
            name.digits_known = true;
        }
        return name.has_digits;
    }

    NameVerdict verdict(std::size_t number, const ProviderRanges& ranges) const;
};

/// Keywords before the rest; among them the one with the lowest key. Then the first provider, by suffix or by range.
NameVerdict NameScanner::Block::verdict(std::size_t number, const ProviderRanges& ranges) const {
    const Name& name = names[number];
    if (name.best_key != no_key) {
        const auto rule = static_cast<std::uint16_t>(name.best_key & 0xffffU);
        const auto* begin = encoded.data() + name.begin;
        const auto component = std::count(begin + 1, begin + (name.best_key >> 16U), '.');
        return {rules->keywords[rule].category, NameReason::keyword, static_cast<std::uint8_t>(component), rule};
    }
    NameVerdict verdict;
    verdict.reason = name.too_long ? NameReason::too_long : NameReason::none;
    if (name.best_suffix != no_rule) {
        verdict = {rules->suffixes[name.best_suffix].category, NameReason::suffix, 0, name.best_suffix};
    }
    if (const auto& address = queriers[number].address) {
        const auto range = ranges.find(*address);
        if (range && rules->ranges[*range].category < verdict.category) {
            verdict = {rules->ranges[*range].category, NameReason::range, 0, *range};
        }
    }
    return verdict;
}

void NameScanner::FreeBlock::operator()(Block* block) const {
    delete block;
}

void NameScanner::FreeScratch::operator()(hs_scratch* scratch) const {
    hs_free_scratch(scratch);
}

NameScanner::NameScanner(std::shared_ptr<const NameMatcher> matcher)
    : matcher_(std::move(matcher)), block_(std::make_unique<Block>().release()) {
    hs_scratch_t* scratch = nullptr;
    if (matcher_->database_ && hs_alloc_scratch(matcher_->database_.get(), &scratch) != HS_SUCCESS) {
        throw std::bad_alloc();
    }
    scratch_.reset(scratch);
    block_->rules = &matcher_->rules_;
}

/// Notes a match. The key of a keyword is where its component ends, then the number of its rule, so that the lowest key
/// is the left-most component's first rule whatever the order in which matches come.
int NameScanner::on_match(unsigned rule, unsigned long long, unsigned long long to, unsigned, void* context) {
    Block& block = *static_cast<Block*>(context);
    const auto end = static_cast<std::uint32_t>(to);
    Block::Name& name = block.name_at(end);
    const std::vector<KeywordRule>& keywords = block.rules->keywords;
    if (rule >= keywords.size()) {
        name.best_suffix = std::min(name.best_suffix, static_cast<std::uint16_t>(rule - keywords.size()));
        return 0;
    }
    // A component with a keyword is not the last, so that a dot follows it.
    std::uint32_t component_end = end - 1;
    while (block.encoded[component_end] != '.') {
        ++component_end;
    }
    const std::uint32_t key = (component_end - name.begin) << 16U | rule;
    if (key < name.best_key && (keywords[rule].category != NameCategory::home || block.has_digits(name))) {
        name.best_key = key;
    }
    return 0;
}

void NameScanner::scan_batch(std::span<const NameToMatch> names, std::span<NameVerdict> verdicts) {
    Block& block = *block_;
    block.queriers = names;
    block.current = 0;
    char* to = block.encoded.data();
    for (std::size_t i = 0; i < names.size(); ++i) {
        Block::Name& name = block.names[i];
        name = {};
        const auto size = write_plain_name(names[i].name, block.plain[i].data());
        name.too_long = !size;
        name.plain_size = static_cast<std::uint16_t>(size.value_or(0));
        const std::string_view plain = block.plain_of(i);
        name.begin = static_cast<std::uint32_t>(to - block.encoded.data());
        to = write_encoded_name(plain, matcher_->rules_.public_suffixes.begin_in(plain), to);
        name.end = static_cast<std::uint32_t>(to - block.encoded.data());
    }
    if (matcher_->database_ &&
        hs_scan(matcher_->database_.get(), block.encoded.data(), static_cast<unsigned>(to - block.encoded.data()), 0,
                scratch_.get(), on_match, &block) != HS_SUCCESS) {
        throw std::logic_error("Hyperscan refused a scan: two threads share a NameScanner");
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
        verdicts[i] = block.verdict(i, matcher_->ranges_);
    }
}

void NameScanner::scan(std::span<const NameToMatch> names, std::span<NameVerdict> verdicts) {
    for (std::size_t i = 0; i < names.size(); i += batch_max) {
        const std::size_t count = std::min(batch_max, names.size() - i);
        scan_batch(names.subspan(i, count), verdicts.subspan(i, count));
    }
}

NameVerdict NameScanner::scan(const NameToMatch& name) {
    NameVerdict verdict;
    scan_batch({&name, 1}, {&verdict, 1});
    return verdict;
}

}  // namespace echotap
