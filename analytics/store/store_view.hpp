// SPDX-License-Identifier: Apache-2.0
// What a store holds, for whoever asks later: a store goes in; the history of an originator, its neighbours, and the
// classes over its windows come out. Nothing is written.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analytics/formats/database.hpp"
#include "config/ip_address.hpp"
#include "dataplane/frame.hpp"

namespace echotap {

/// Which window.
struct StoredWindow {
    std::int64_t id = 0;
    Timestamp start;
    Timestamp end;
    std::chrono::seconds length{0};
    std::string families;  // all, v4 or v6
    std::string view;
    std::string site;
    std::string complete;
    std::uint32_t revision = 0;
    bool is_running = false;
};

/// An originator in a window.
struct StoredVerdict {
    StoredWindow window;
    std::string text;  // the originator
    std::uint64_t rank = 0;
    std::string answer;  // a class, or `unknown`
    std::string likeliest;
    double probability = 0;
    double footprint = 0;
    std::uint64_t queries = 0;
    double countries = 0;  // NaN: not known
    double networks = 0;   // NaN: not known
    bool is_provisional = false;
    bool is_sampled = false;
};

struct StoredClass {
    std::string name;
    std::uint64_t n = 0;
    std::uint64_t added = 0;  // against the window before it
    std::uint64_t gone = 0;
};

struct StoredMix {
    StoredWindow window;
    bool has_changes = false;          // there is a window before it
    std::vector<StoredClass> classes;  // the most frequent first
};

/// Used by one thread at a time; others may write meanwhile. Throws DatabaseError.
class StoreView {
public:
    /// Throws where there is no store.
    explicit StoreView(const std::string& path);

    /// All windows that an address or prefix has a row in, by start.
    std::vector<StoredVerdict> history(const Prefix& originator);
    /// The last row of each other originator in the same /24 (IPv6: /48), by address; at most `limit`.
    std::vector<StoredVerdict> neighbours(const Prefix& originator, std::size_t limit);
    /// The classes of the last `limit` windows, by start.
    std::vector<StoredMix> mixes(std::size_t limit);
    /// What the models that made the classes have to say, each once.
    std::vector<std::string> notices();

private:
    Database database_;
};

/// The class that an originator has most often: of classes that are as frequent, that with the highest probabilities in
/// all, then the latest (requirements 1.4, BS-10). `history` is by start and not empty; windows where it was unknown
/// count where it was nothing else.
std::string usual_class(const std::vector<StoredVerdict>& history);

}  // namespace echotap
