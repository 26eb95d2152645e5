// SPDX-License-Identifier: Apache-2.0
#include "analytics/models/model_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stdexcept>
#include <vector>

#include "analytics/learning/image_parts.hpp"
#include "dataplane/capture/compression.hpp"
#include "dataplane/state/checksum.hpp"
#include "dataplane/state/whole_file.hpp"

namespace echotap {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view magic = "ECHOTAPM";
constexpr std::uint64_t version = 2;
/// A file that says that it unpacks to more is refused before memory is asked for.
constexpr std::uint64_t rest_octets_max = 1U << 30U;

/// Pairs as an object, in their order.
template <class Value>
Json object_of(const std::vector<std::pair<std::string, Value>>& pairs) {
    Json object = Json::object();
    for (const auto& [name, value] : pairs) {
        object[name] = value;
    }
    return object;
}

template <class Value>
std::vector<std::pair<std::string, Value>> pairs_of(const Json& object) {
    std::vector<std::pair<std::string, Value>> pairs;
    for (const auto& [name, value] : object.items()) {
        pairs.emplace_back(name, value.template get<Value>());
    }
    return pairs;
}

Json head_of(const Model& model) {
    Json features = Json::array();
    for (const Feature feature : model.features) {
        const FeatureDefinition& definition = feature_table[static_cast<std::size_t>(feature)];
        features.push_back({{"name", definition.name}, {"unit", definition.unit}, {"formula", definition.formula}});
    }
    const Provenance& provenance = model.provenance;
    return {{"method", name_of(model.method)},
            {"classes", model.class_names},
            {"features", features},
            {"temperature", model.temperature},
            {"footprint_min", model.footprint_min},
            {"provenance",
             {{"program", provenance.program},
              {"date", provenance.date},
              {"notice", provenance.notice},
              {"labels", provenance.labels},
              {"learning_digest", provenance.learning_digest},
              {"rows_by_class", object_of(provenance.rows_by_class)},
              {"groups", provenance.groups},
              {"parameters", object_of(provenance.parameters)},
              {"scores", object_of(provenance.scores)}}}};
}

Feature feature_of(const Json& listed) {
    const auto name = listed.at("name").get<std::string>();
    const auto found = std::ranges::find(feature_table, name, &FeatureDefinition::name);
    if (found == feature_table.end()) {
        throw std::runtime_error(
            fmt::format("it asks for the feature '{}', which this program does not have; train it again", name));
    }
    if (listed.at("unit") != found->unit || listed.at("formula") != found->formula) {
        throw std::runtime_error(
            fmt::format("its feature '{}' is '{}' in {}, and this program's is '{}' in {}; train it again", name,
                        listed.at("formula").get<std::string>(), listed.at("unit").get<std::string>(), found->formula,
                        found->unit));
    }
    return static_cast<Feature>(found - feature_table.begin());
}

Method method_of(const std::string& name) {
    for (const Method method : methods) {
        if (name == name_of(method)) {
            return method;
        }
    }
    throw std::runtime_error(fmt::format("it is of method '{}', which this program does not have", name));
}

void read_head(const Json& head, Model& model) {
    model.method = method_of(head.at("method").get<std::string>());
    model.class_names = head.at("classes").get<std::vector<std::string>>();
    const std::set<std::string> different(model.class_names.begin(), model.class_names.end());
    if (different.size() != model.class_names.size() || different.size() < 2 || different.size() > class_count_max ||
        !std::ranges::all_of(different, is_class_name)) {
        throw std::runtime_error(fmt::format("its classes are no 2 to {} different names", class_count_max));
    }
    for (const Json& listed : head.at("features")) {
        model.features.push_back(feature_of(listed));
    }
    if (model.features.empty() ||
        std::set<Feature>(model.features.begin(), model.features.end()).size() != model.features.size()) {
        throw std::runtime_error("it has no features, or one of them twice");
    }
    model.temperature = head.at("temperature").get<double>();
    if (!(model.temperature > 0 && std::isfinite(model.temperature))) {
        throw std::runtime_error("its temperature is not above 0");
    }
    model.footprint_min = head.at("footprint_min").get<double>();
    const Json& provenance = head.at("provenance");
    model.provenance.program = provenance.at("program").get<std::string>();
    model.provenance.date = provenance.at("date").get<std::string>();
    model.provenance.notice = provenance.at("notice").get<std::string>();
    model.provenance.labels = provenance.at("labels").get<std::vector<std::string>>();
    model.provenance.learning_digest = provenance.at("learning_digest").get<std::string>();
    model.provenance.rows_by_class = pairs_of<std::uint64_t>(provenance.at("rows_by_class"));
    model.provenance.groups = provenance.at("groups").get<std::uint64_t>();
    model.provenance.parameters = pairs_of<std::string>(provenance.at("parameters"));
    model.provenance.scores = pairs_of<double>(provenance.at("scores"));
}

Model decode(std::span<const std::uint8_t> octets) {
    constexpr std::size_t sum_octets = std::tuple_size_v<ChecksumOctets>;
    if (octets.size() < magic.size() || !std::ranges::equal(octets.first(magic.size()), magic)) {
        throw std::runtime_error("no model of echotap; `echotap train` makes them");
    }
    PartReader after_magic(octets.subspan(magic.size()));
    const std::uint64_t found = after_magic.number();
    if (found != version) {
        throw std::runtime_error(
            fmt::format("a model of format {}, and this program reads format {}; train it again", found, version));
    }
    const std::size_t body = octets.size() - std::min(octets.size(), sum_octets);
    if (!std::ranges::equal(checksum(octets.first(body)), octets.subspan(body))) {
        throw std::runtime_error("damaged or cut short; copy or train it again");
    }
    PartReader parts(octets.first(body).subspan(magic.size() + sizeof version));
    const auto head = parts.part();
    const std::uint64_t rest_octets = parts.number();
    const auto packed = parts.part();
    if (!parts.is_empty()) {
        throw std::runtime_error("there is more in it than a model");
    }
    if (rest_octets > rest_octets_max) {
        throw std::runtime_error(fmt::format("it would unpack to {} octets, and models have at most {}; train it again",
                                             rest_octets, rest_octets_max));
    }
    std::vector<std::uint8_t> rest(rest_octets);
    if (!unpack_zstd(packed, rest)) {
        throw std::runtime_error("what is packed in it is not what it says; copy or train it again");
    }
    PartReader rest_parts(rest);
    const auto classifier = rest_parts.part();
    const auto novelty = rest_parts.part();
    if (!rest_parts.is_empty()) {
        throw std::runtime_error("there is more in it than a model");
    }
    Model model;
    try {
        read_head(Json::parse(head.begin(), head.end()), model);
    } catch (const Json::exception& error) {
        throw std::runtime_error(fmt::format("its head is not what it should be: {}", error.what()));
    }
    model.classifier = restore_classifier(model.method, classifier, model.features.size(), model.class_names.size());
    model.novelty = Novelty::restore(novelty, model.features.size());
    return model;
}

}  // namespace

std::vector<std::uint8_t> encode_model(const Model& model) {
    const std::string head = head_of(model).dump(1, ' ', false, Json::error_handler_t::replace);
    PartWriter parts;
    parts.number(version);
    parts.part({reinterpret_cast<const std::uint8_t*>(head.data()), head.size()});
    PartWriter rest_parts;
    rest_parts.part(model.classifier->image());
    rest_parts.part(model.novelty.image());
    const std::vector<std::uint8_t> rest = rest_parts.take();
    parts.number(rest.size());
    parts.part(pack_zstd(rest));
    const std::vector<std::uint8_t> body = parts.take();
    std::vector<std::uint8_t> octets;
    octets.reserve(magic.size() + body.size() + std::tuple_size_v<ChecksumOctets>);
    std::ranges::copy(magic, std::back_inserter(octets));
    std::ranges::copy(body, std::back_inserter(octets));
    std::ranges::copy(checksum(octets), std::back_inserter(octets));
    return octets;
}

Model decode_model(std::span<const std::uint8_t> octets, const std::string& name) {
    try {
        return decode(octets);
    } catch (const std::runtime_error& error) {
        throw std::runtime_error(fmt::format("{}: {}", name, error.what()));
    }
}

void write_model(const Model& model, const std::string& path) {
    const std::vector<std::uint8_t> octets = encode_model(model);
    WholeFile file(path);
    file.write(octets);
    file.commit();
}

Model read_model(const std::string& path) {
    return decode_model(read_whole_file(path), path);
}

}  // namespace echotap
