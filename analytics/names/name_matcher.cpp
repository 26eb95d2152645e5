// SPDX-License-Identifier: Apache-2.0
#include "analytics/names/name_matcher.hpp"

#include <fmt/format.h>
#include <hs/hs.h>

#include <algorithm>
#include <array>
#include <new>
#include <stdexcept>
#include <utility>
#include <vector>

#include "analytics/names/address_digits.hpp"
#include "analytics/names/name_encoding.hpp"

namespace echotap {

namespace {

/// The strings that Hyperscan looks for. A rule may be several of them; the id of each is the rule's: keywords first,
/// then suffixes. A keyword's is exact. A suffix's leaves open what its octets other than letters are, and on_match()
/// looks.
struct Literals {
    std::vector<std::string> texts;
    std::vector<unsigned> ids;

    void add(std::string text, std::size_t id) {
        texts.push_back(std::move(text));
        ids.push_back(static_cast<unsigned>(id));
    }
};

std::string encoded(std::string_view text, std::size_t public_begin) {
    PlainName plain;
    read_plain_name(text, plain);
    std::array<char, encoded_name_room> room;
    return {room.data(), write_encoded_name(plain, public_begin, room.data())};
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
        PlainName plain;
        std::uint32_t begin = 0;          // in encoded: of its first octet
        std::uint32_t end = 0;            // and of what follows its line feed
        std::uint32_t best_key = no_key;  // of keywords, see note_keyword()
        std::uint16_t best_suffix = no_rule;
        std::optional<bool> has_digits;
    };

    const NameRules* rules = nullptr;
    std::span<const NameToMatch> queriers;
    std::size_t current = 0;  // the name of the last match
    std::array<Name, batch_max> names;
    std::array<char, batch_max * encoded_name_room> encoded;

    char* append(std::size_t number, char* to);
    void find_name(std::uint32_t match_end);
    void note_keyword(std::uint16_t rule, std::size_t match_end);
    void note_suffix(std::uint16_t rule);
    NameVerdict verdict(std::size_t number, const ProviderRanges& ranges) const;
};

/// Writes name `number` behind the others; returns the new end.
char* NameScanner::Block::append(std::size_t number, char* to) {
    Name& name = names[number];
    read_plain_name(queriers[number].name, name.plain);
    name.begin = static_cast<std::uint32_t>(to - encoded.data()) + 1;
    to = write_encoded_name(name.plain, rules->public_suffixes.begin_in(name.plain.text()), to);
    name.end = static_cast<std::uint32_t>(to - encoded.data());
    name.best_key = no_key;
    name.best_suffix = no_rule;
    name.has_digits.reset();
    return to;
}

/// Sets `current` to the name in which a match ends. Matches come nearly in order, so it is near.
void NameScanner::Block::find_name(std::uint32_t match_end) {
    while (match_end > names[current].end) {
        ++current;
    }
    while (match_end < names[current].begin) {
        --current;
    }
}

/// The key of a keyword is where its component ends, then the number of its rule, so that the lowest key is the
/// left-most component's first rule whatever the order in which matches come. `match_end` is in the name.
void NameScanner::Block::note_keyword(std::uint16_t rule, std::size_t match_end) {
    Name& name = names[current];
    // A component with a keyword is not the last, so that a dot follows it; the match may have taken it in.
    std::size_t component_end = match_end - 1;
    while (name.plain.octets[component_end] != '.') {
        ++component_end;
    }
    const auto key = static_cast<std::uint32_t>(component_end << 16U | rule);
    if (key >= name.best_key) {
        return;
    }
    if (rules->keywords[rule].category == NameCategory::home) {
        if (!name.has_digits) {
            const auto& address = queriers[current].address;
            name.has_digits = address && has_address_digits(name.plain.text(), *address);
        }
        if (!*name.has_digits) {
            return;
        }
    }
    name.best_key = key;
}

void NameScanner::Block::note_suffix(std::uint16_t rule) {
    Name& name = names[current];
    const std::string& suffix = rules->suffixes[rule].suffix;
    const std::string_view text = name.plain.text();
    if (rule < name.best_suffix && text.ends_with(suffix) &&
        (text.size() == suffix.size() || text[text.size() - suffix.size() - 1] == '.')) {
        name.best_suffix = rule;
    }
}

/// Keywords before the rest; among them the one with the lowest key. Then the first provider, by suffix or by range.
NameVerdict NameScanner::Block::verdict(std::size_t number, const ProviderRanges& ranges) const {
    const Name& name = names[number];
    if (name.best_key != no_key) {
        const auto rule = static_cast<std::uint16_t>(name.best_key & 0xffffU);
        const auto* begin = name.plain.octets.data();
        const auto component = std::count(begin, begin + (name.best_key >> 16U), '.');
        return {rules->keywords[rule].category, NameReason::keyword, static_cast<std::uint8_t>(component), rule};
    }
    NameVerdict verdict;
    verdict.reason = name.plain.is_too_long ? NameReason::too_long : NameReason::none;
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

int NameScanner::on_match(unsigned rule, unsigned long long, unsigned long long to, unsigned, void* context) {
    Block& block = *static_cast<Block*>(context);
    block.find_name(static_cast<std::uint32_t>(to));
    const std::size_t keyword_count = block.rules->keywords.size();
    if (rule < keyword_count) {
        block.note_keyword(static_cast<std::uint16_t>(rule), to - block.names[block.current].begin);
    } else {
        block.note_suffix(static_cast<std::uint16_t>(rule - keyword_count));
    }
    return 0;
}

void NameScanner::scan_batch(std::span<const NameToMatch> names, std::span<NameVerdict> verdicts) {
    Block& block = *block_;
    block.queriers = names;
    block.current = 0;
    char* to = block.encoded.data();
    for (std::size_t i = 0; i < names.size(); ++i) {
        to = block.append(i, to);
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
