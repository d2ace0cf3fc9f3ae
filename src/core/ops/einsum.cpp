// SPDX-License-Identifier: MIT
// Einstein summation: the equation is read into lists of labels, one label a dimension; then two
// tensors at a time are contracted by one batched matrix product, until one is left.
#include <algorithm>
#include <cctype>

#include "core/check.h"
#include "tinygrad/ops.h"

namespace tinygrad {
namespace {

/// Names of dimensions: a letter, or -k for dimension -k of an ellipsis.
using Labels = std::vector<int>;
struct Term {
  Tensor x;
  Labels labels;
};

bool contains(const Labels& labels, int label) { return std::ranges::count(labels, label) > 0; }
int position_of(const Labels& labels, int label) {
  return int(std::ranges::find(labels, label) - labels.begin());
}
std::int64_t size_of(const Term& t, int label) {
  return contains(t.labels, label) ? t.x.shape()[position_of(t.labels, label)] : 1;
}
/// x with its dimensions in the order of `labels`.
Tensor ordered(const Term& t, const Labels& labels) {
  Dims order;
  for (int label : labels) order.push_back(position_of(t.labels, label));
  return permute(t.x, order);
}
/// The number of dimensions that ellipses stand for.
int hidden_dims(const std::vector<Term>& terms) {
  int hidden = 0;
  for (const Term& t : terms)
    for (int label : t.labels) hidden = std::max(hidden, -label);
  return hidden;
}

// ------------------------------------------------------------ the equation

/// The labels of "ij...k", where the ellipsis stands for `hidden` dimensions.
Labels parse(const Call& call, const std::string& equation, const std::string& text, int hidden) {
  Labels labels;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '.') {
      require(text.compare(i, 3, "...") == 0 && text.find('.', i + 3) == std::string::npos, call,
              "\"", equation, "\" has dots that are no single \"...\"");
      for (int k = hidden; k > 0; --k) labels.push_back(-k);
      i += 2;
    } else {
      require(std::isalpha(static_cast<unsigned char>(text[i])), call, "\"", equation,
              "\" may have letters, commas, \"...\" and one \"->\", not '", text[i], "'");
      labels.push_back(text[i]);
    }
  }
  return labels;
}

struct Equation {
  std::vector<std::string> terms;
  std::string output;
  bool has_output;
};
Equation split_equation(std::string text) {
  std::erase(text, ' ');
  Equation e;
  const std::size_t arrow = text.find("->");
  e.has_output = arrow != std::string::npos;
  if (e.has_output) e.output = text.substr(arrow + 2);
  std::string left = text.substr(0, arrow);
  for (std::size_t comma; (comma = left.find(',')) != std::string::npos;
       left = left.substr(comma + 1))
    e.terms.push_back(left.substr(0, comma));
  e.terms.push_back(left);
  return e;
}

/// A tensor with one of the equation's terms: repeated labels become a diagonal.
Term read_term(const Call& call, const std::string& equation, const std::string& text,
               const Tensor& x) {
  const int letters = int(std::ranges::count_if(text, [](unsigned char c) { return c != '.'; }));
  const bool ellipsis = letters < int(text.size());
  require<ShapeError>(ellipsis ? letters <= x.dim() : letters == x.dim(), call, "\"", text,
                      "\" of \"", equation, "\" names ", letters, " dimensions, got shape ",
                      x.shape());
  Term t{x, parse(call, equation, text, x.dim() - letters)};
  for (std::size_t i = 0; i < t.labels.size();) {
    const int label = t.labels[i];
    const auto next = std::find(t.labels.begin() + std::ptrdiff_t(i) + 1, t.labels.end(), label);
    if (next == t.labels.end()) {
      ++i;
      continue;
    }
    const int k = int(next - t.labels.begin());
    require<ShapeError>(t.x.shape()[int(i)] == t.x.shape()[k], call, "a letter of \"", text,
                        "\" names two sizes: ", Marked{t.x.shape(), int(i)}, " and ",
                        Marked{t.x.shape(), k});
    t.x = diagonal(t.x, 0, int(i), k);  // whose dimension comes last
    t.labels.erase(next);
    t.labels.erase(t.labels.begin() + std::ptrdiff_t(i));
    t.labels.push_back(label);
  }
  return t;
}

/// The letters that occur once in all terms, in alphabetical order, after the ellipsis.
Labels implicit_output(const std::vector<Term>& terms, const Equation& e) {
  std::string letters;
  for (const std::string& term : e.terms)
    for (char c : term)
      if (c != '.') letters += c;
  std::ranges::sort(letters);
  Labels output;
  for (int k = hidden_dims(terms); k > 0; --k) output.push_back(-k);
  for (char c : letters)
    if (std::ranges::count(letters, c) == 1) output.push_back(c);
  return output;
}

// ------------------------------------------------------------ contraction

/// Sums over the dimensions that are not in `kept`.
Term sum_others(Term t, const Labels& kept) {
  Dims dims;
  Labels labels;
  for (std::size_t i = 0; i < t.labels.size(); ++i)
    if (contains(kept, t.labels[i])) labels.push_back(t.labels[i]);
    else dims.push_back(std::int64_t(i));
  return dims.empty() ? t : Term{sum(t.x, dims), labels};
}

/// Some dimensions: their labels and sizes.
struct Part {
  Labels labels = {};
  Shape shape = {};
};

/// a b, summed over the labels that are not in `kept`, as [batch, rows, summed] x [batch, summed,
/// columns].
Term contract(Term a, Term b, const Labels& kept) {
  auto shared = [&](int label) { return contains(a.labels, label) && contains(b.labels, label); };
  Labels needed = kept;
  for (int label : a.labels)
    if (shared(label)) needed.push_back(label);
  a = sum_others(a, needed), b = sum_others(b, needed);

  Part batch, rows, columns, summed;
  for (const Term* t : {&a, &b})
    for (int label : t->labels) {
      Part& part = !shared(label)          ? (t == &a ? rows : columns)
                   : contains(kept, label) ? batch
                                           : summed;
      if (contains(part.labels, label)) continue;
      part.labels.push_back(label);
      part.shape.push_back(size_of(*t, label));
    }
  auto join = [](std::initializer_list<const Part*> parts) {
    Part all;
    for (const Part* part : parts) {
      all.labels.insert(all.labels.end(), part->labels.begin(), part->labels.end());
      for (std::int64_t n : part->shape) all.shape.push_back(n);
    }
    return all;
  };
  const std::int64_t n = batch.shape.count(), k = summed.shape.count();
  const Tensor x = reshape(ordered(a, join({&batch, &rows, &summed}).labels),
                           {n, rows.shape.count(), k}),
               y = reshape(ordered(b, join({&batch, &summed, &columns}).labels),
                           {n, k, columns.shape.count()});
  const Part result = join({&batch, &rows, &columns});
  return {reshape(summed.labels.empty() ? x * y : matmul(x, y), result.shape), result.labels};
}

/// The labels of terms i and k that the output or another term has, too.
Labels needed_beside(const std::vector<Term>& terms, std::size_t i, std::size_t k,
                     const Labels& output) {
  Labels all = output, needed;
  for (std::size_t t = 0; t < terms.size(); ++t)
    if (t != i && t != k) all.insert(all.end(), terms[t].labels.begin(), terms[t].labels.end());
  for (const std::size_t t : {i, k})
    for (int label : terms[t].labels)
      if (contains(all, label) && !contains(needed, label)) needed.push_back(label);
  return needed;
}

/// The elements of the contraction of terms i and k, less those of the two.
double growth(const std::vector<Term>& terms, std::size_t i, std::size_t k, const Labels& output) {
  double elements = 1;
  for (int label : needed_beside(terms, i, k, output))
    elements *= double(std::max(size_of(terms[i], label), size_of(terms[k], label)));
  return elements - double(terms[i].x.numel()) - double(terms[k].x.numel());
}

/// Leaves out the dimensions of size 1 along which another term has more elements: they broadcast.
void squeeze_broadcast(const Call& call, const std::string& equation, std::vector<Term>& terms) {
  for (Term& t : terms)
    for (int i = t.x.dim() - 1; i >= 0; --i)
      for (const Term& other : terms) {
        const int label = t.labels[std::size_t(i)];
        const std::int64_t size = t.x.shape()[i], theirs = size_of(other, label);
        require<ShapeError>(size == theirs || size == 1 || theirs == 1, call, "a letter of \"",
                            equation, "\" names two sizes: ", Marked{t.x.shape(), i}, " and ",
                            other.x.shape());
        if (size != 1 || theirs == 1) continue;
        t.x = squeeze(t.x, i);
        t.labels.erase(t.labels.begin() + i);
        break;
      }
}

}  // namespace

Tensor einsum(const std::string& equation, const Tensors& operands, SourceLocation location) {
  const Call call{"einsum", location};
  const Equation e = split_equation(equation);
  require(e.terms.size() == operands.size() && !operands.empty(), call, "\"", equation, "\" has ",
          e.terms.size(), " terms for ", operands.size(), " tensors");
  std::vector<Term> terms;
  for (const Tensor& x : operands) check_arithmetic(call, x);
  for (std::size_t i = 0; i < operands.size(); ++i)
    terms.push_back(read_term(call, equation, e.terms[i], operands[i]));

  const Labels output = e.has_output ? parse(call, equation, e.output, hidden_dims(terms))
                                     : implicit_output(terms, e);
  for (std::size_t i = 0; i < output.size(); ++i) {
    bool known = output[i] < 0;
    for (const Term& t : terms) known = known || contains(t.labels, output[i]);
    require(known && position_of(output, output[i]) == int(i), call, "the output of \"", equation,
            "\" must have letters of its terms, each once");
  }
  squeeze_broadcast(call, equation, terms);

  while (terms.size() > 1) {
    std::size_t first = 0, second = 1;
    for (std::size_t i = 0; i < terms.size(); ++i)
      for (std::size_t k = i + 1; k < terms.size(); ++k)
        if (growth(terms, i, k, output) < growth(terms, first, second, output))
          first = i, second = k;
    terms[first] =
        contract(terms[first], terms[second], needed_beside(terms, first, second, output));
    terms.erase(terms.begin() + std::ptrdiff_t(second));
  }
  return ordered(sum_others(terms[0], output), output);
}

}  // namespace tinygrad
