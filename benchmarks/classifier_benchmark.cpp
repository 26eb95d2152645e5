// SPDX-License-Identifier: Apache-2.0
// How long learning from 750 labels and classifying 10,000 originators takes on one core. Goals: 5 s and 0.1 s.
#include <benchmark/benchmark.h>

#include "analytics/models/explanation.hpp"
#include "analytics/models/model.hpp"
#include "benchmarks/checked_run.hpp"
#include "benchmarks/learning_world.hpp"

namespace {

using namespace echotap;

/// 12 classes as in the paper: 7 operators of 9 addresses each are 756 labels.
LearningSet labelled() {
    return LearningWorld({.class_count = 12, .operators = 7, .addresses = 9}).set();
}

/// 10,080 originators of the same classes.
DescribedRows originators() {
    return LearningWorld({.class_count = 12, .operators = 42, .addresses = 20, .seed = 2}).described();
}

TrainingSettings settings_of(const benchmark::State& state) {
    return {.method = static_cast<Method>(state.range(0)), .runs = static_cast<unsigned>(state.range(1))};
}

void train(benchmark::State& state) {
    const LearningSet set = labelled();
    for (auto _ : state) {
        const Model model = train_model(set, settings_of(state));
        benchmark::DoNotOptimize(model.temperature);
    }
    state.SetLabel(std::string(name_of(static_cast<Method>(state.range(0)))));
}

void classify_all(benchmark::State& state) {
    const Model model = train_model(labelled(), settings_of(state));
    const DescribedRows rows = originators();
    std::size_t right = 0;
    for (auto _ : state) {
        const Verdicts verdicts = classify(model, rows);
        right = 0;
        for (std::size_t i = 0; i < rows.rows.size(); ++i) {
            right += verdicts.rows[i].activity == i / (42 * 20) ? 1U : 0U;
        }
    }
    // Far above chance, or whatever is fast here is not classifying.
    if (right < rows.rows.size() / 3) {
        state.SkipWithError("the answers are wrong");
    }
    state.counters["originators"] = static_cast<double>(rows.rows.size());
    state.counters["right"] = static_cast<double>(right) / static_cast<double>(rows.rows.size());
    state.SetLabel(std::string(name_of(static_cast<Method>(state.range(0)))));
}

void strangeness(benchmark::State& state) {
    const Model model = train_model(labelled(), {});
    const DescribedRows rows = originators();
    for (auto _ : state) {
        benchmark::DoNotOptimize(
            model.novelty.distances(pick_features(rows.samples, model.features), model.features, rows.footprints()));
    }
}

void explanations(benchmark::State& state) {
    const Model model = train_model(labelled(), {});
    DescribedRows rows = originators();
    rows.rows.resize(100);
    rows.samples.values.resize(100 * feature_count);
    const Verdicts verdicts = classify(model, rows);
    for (auto _ : state) {
        benchmark::DoNotOptimize(explain(model, rows, verdicts.rows));
    }
}

constexpr auto pooled = static_cast<std::int64_t>(Method::pooled);
constexpr auto xgboost = static_cast<std::int64_t>(Method::xgboost);
constexpr auto forest = static_cast<std::int64_t>(Method::forest);

BENCHMARK(train)
    ->Name("train 756")
    ->Args({pooled, 1})
    ->Args({xgboost, 1})
    ->Args({forest, 10})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(classify_all)
    ->Name("classify 10080")
    ->Args({pooled, 1})
    ->Args({xgboost, 1})
    ->Args({forest, 1})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(strangeness)->Name("novelty 10080")->Unit(benchmark::kMillisecond);
BENCHMARK(explanations)->Name("explain 100")->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) {
    return echotap::run_checked(argc, argv);
}
