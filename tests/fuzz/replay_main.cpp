// SPDX-License-Identifier: Apache-2.0
//
// replay_main.cpp: runs a fuzz harness without a fuzzer, so that every build tries it.
//
// First each file of the corpus folder that is given, unchanged; then a fixed number of seeded
// random mutations of them. PENSTOCK_FUZZ_ITERATIONS is that number, PENSTOCK_SEED repeats a run.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;

constexpr std::size_t input_bytes_max = 64 * 1024;
constexpr std::uint64_t iterations_default = 2000;

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr || *text == '\0' ? otherwise : std::strtoull(text, nullptr, 0);
}

std::vector<Input> read_corpus(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  if (std::filesystem::is_directory(folder)) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.is_regular_file()) paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());  // the same order everywhere: a seed repeats a run

  std::vector<Input> corpus;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return corpus;
}

class Mutator final {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  // One input of the corpus, or an empty one, with one to eight small changes.
  Input make(const std::vector<Input>& corpus) {
    Input input = corpus.empty() ? Input{} : corpus[below(corpus.size())];
    for (std::size_t changes = 1 + below(8); changes > 0; --changes) change(input, corpus);
    if (input.size() > input_bytes_max) input.resize(input_bytes_max);
    return input;
  }

 private:
  std::size_t below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
  }

  std::uint8_t byte() {
    // Half of them are bytes that mean something in the text formats.
    static constexpr std::string_view telling =
        "{}[]\":,\\\n\t -+.0189eE'#&*!|>%@`$~nulltrue\x1b\x7f";
    if (below(2) == 0) return static_cast<std::uint8_t>(telling[below(telling.size())]);
    return static_cast<std::uint8_t>(below(256));
  }

  static Input::iterator at(Input& input, std::size_t index) {
    return input.begin() + static_cast<std::ptrdiff_t>(index);
  }

  void change(Input& input, const std::vector<Input>& corpus) {
    const std::size_t place = below(input.size() + 1);
    const std::size_t rest = input.size() - place;
    switch (below(6)) {
      case 0:  // insert a byte
        input.insert(at(input, place), byte());
        return;
      case 1:  // overwrite a byte
        if (rest > 0) input[place] = byte();
        return;
      case 2:  // flip a bit
        if (rest > 0) input[place] = static_cast<std::uint8_t>(input[place] ^ (1U << below(8)));
        return;
      case 3:  // cut a piece out
        if (rest > 0) input.erase(at(input, place), at(input, place + 1 + below(rest)));
        return;
      case 4: {  // repeat a piece
        if (rest == 0) return;
        const Input piece(at(input, place),
                          at(input, place + 1 + below(std::min<std::size_t>(rest, 64))));
        for (std::size_t times = 1 + below(16); times > 0; --times) {
          input.insert(at(input, place), piece.begin(), piece.end());
        }
        return;
      }
      default:  // go on with the end of another input
        if (!corpus.empty()) {
          const Input& other = corpus[below(corpus.size())];
          const auto from = other.begin() + static_cast<std::ptrdiff_t>(below(other.size() + 1));
          input.resize(place);
          input.insert(input.end(), from, other.end());
        }
        return;
    }
  }

  std::mt19937_64 random_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s CORPUS_FOLDER\n", argv[0]);
    return 2;
  }
  const std::uint64_t iterations =
      number_from_environment("PENSTOCK_FUZZ_ITERATIONS", iterations_default);
  const std::uint64_t seed = number_from_environment("PENSTOCK_SEED", std::random_device{}());
  const std::vector<Input> corpus = read_corpus(argv[1]);

  std::printf("corpus: %zu inputs; then %llu mutations, PENSTOCK_SEED=%llu\n", corpus.size(),
              static_cast<unsigned long long>(iterations), static_cast<unsigned long long>(seed));
  std::fflush(stdout);  // an abort in the harness must not swallow the seed

  for (const Input& input : corpus) LLVMFuzzerTestOneInput(input.data(), input.size());
  Mutator mutator(seed);
  for (std::uint64_t i = 0; i < iterations; ++i) {
    const Input input = mutator.make(corpus);
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
  return 0;
}
