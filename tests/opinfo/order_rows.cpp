// SPDX-License-Identifier: MIT
// Rows: sorting, scans, statistics, distinct elements and histograms.
#include "table.h"

namespace opinfo {
namespace {

Tensors both(const ValuesIndices& r) { return {r.values, r.indices}; }
Axes axes(Sample& x, std::size_t position = 0) {
  const json* dims = x.find(position, "dim");
  return dims ? Axes(dims_of(*dims)) : Axes();
}
int dim_of(Sample& x, std::size_t position, int otherwise = -1) {
  return x.int_at(position, "dim", otherwise);
}

// ------------------------------------------------------------ order

Tensors sort_row(Sample& x) {
  x.ignore("stable");
  return both(sort(x.input(), dim_of(x, 0), x.flag(1, "descending")));
}
Tensor argsort_row(Sample& x) {
  x.ignore("stable");
  return argsort(x.input(), dim_of(x, 0), x.flag(1, "descending"));
}
Tensors topk_row(Sample& x) {
  x.find(3, "sorted");
  return both(topk(x.input(), x.integer(0, "k", 0), dim_of(x, 1), x.flag(2, "largest", true)));
}
Tensors kthvalue_row(Sample& x) {
  return both(kthvalue(x.input(), x.integer(0, "k", 0), dim_of(x, 1), x.flag(2, "keepdim")));
}
template <class All, class Along> Row median_row(All all, Along along) {
  return [all, along](Sample& x) -> Tensors {
    if (!x.has(0, "dim")) return all(x.input());
    return both(along(x.input(), dim_of(x, 0), x.flag(1, "keepdim")));
  };
}
#define MEDIAN(name)                                  \
  median_row([](const Tensor& x) { return name(x); }, \
             [](const Tensor& x, int dim, bool keep) { return name(x, dim, keep); })
Tensors mode_row(Sample& x) { return both(mode(x.input(), dim_of(x, 0), x.flag(1, "keepdim"))); }
template <class F> Row quantile_row(F f) {
  return [f](Sample& x) -> Tensor {
    const std::map<string, Interpolation> names = {{"linear", Interpolation::linear},
                                                   {"lower", Interpolation::lower},
                                                   {"higher", Interpolation::higher},
                                                   {"midpoint", Interpolation::midpoint},
                                                   {"nearest", Interpolation::nearest}};
    const Interpolation how = names.at(x.text(by_name, "interpolation", "linear"));
    const Axes dims = axes(x, 1);
    const bool keep = x.flag(2, "keepdim");
    if (!x.has_tensor(0, "q"))
      return f(x.input(), {x.real(0, "q", 0)}, dims, keep, how).select(0, 0);
    const Tensor q = x.tensor(0, "q");
    const Tensor y = f(x.input(), q.to_vector<double>(), dims, keep, how);
    return q.dim() == 0 ? y.select(0, 0) : y;
  };
}
#define QUANTILE(name)                                                                        \
  quantile_row([](const Tensor& x, const std::vector<double>& q, const Axes& dims, bool keep, \
                  Interpolation how) { return name(x, q, dims, keep, how); })

// ------------------------------------------------------------ scans

template <class F> Row running(F f) {
  return [f](Sample& x) {
    const Tensor t = x.input();
    const DType dtype = x.dtype(t.dtype());
    const Tensor y = f(t.to(dtype), dim_of(x, 0, 0));
    if (x.has(by_name, "dtype") && y.dtype() != dtype)
      throw Skip{"sums and products of integers as other integers than int64"};
    return y;
  };
}
Tensor diff_row(Sample& x) {
  return diff(x.input(), x.integer(0, "n", 1), dim_of(x, 1), x.tensor(2, "prepend"),
              x.tensor(3, "append"));
}
template <class Points, class Distance> Row integral(Points points, Distance distance) {
  return [=](Sample& x) -> Tensor {
    if (x.has_tensor(0, "x")) return points(x.input(), x.tensor(0, "x"), dim_of(x, by_name));
    return distance(x.input(), x.real(by_name, "dx", 1), dim_of(x, by_name));
  };
}
#define INTEGRAL(name)                                                                \
  integral([](const Tensor& y, const Tensor& x, int dim) { return name(y, x, dim); }, \
           [](const Tensor& y, double dx, int dim) { return name(y, dx, dim); })
Tensors gradient_row(Sample& x) {
  const Tensor t = x.input();
  const Axes dims = axes(x, by_name);
  const int order = x.int_at(by_name, "edge_order", 1);
  const json* spacing = x.find(by_name, "spacing");
  if (!spacing || spacing->is_number())
    return gradient(t, x.real(by_name, "spacing", 1), dims, order);
  if (!spacing->empty() && !is_tensor(spacing->front())) {
    std::vector<double> distances;
    for (const json& one : *spacing) distances.push_back(scalar_of(one).real());
    return gradient(t, distances, dims, order);
  }
  return gradient(t, x.tensors_of(*spacing), dims, order);
}

// ------------------------------------------------------------ statistics

int correction(Sample& x, std::size_t position) {
  if (x.has(position, "unbiased")) return x.flag(position, "unbiased") ? 1 : 0;
  const double value = x.real(by_name, "correction", 1);
  if (value != double(int(value))) throw Skip{"correction = " + std::to_string(value)};
  return int(value);
}
/// f(x, unbiased), f(x, dim, unbiased, keepdim) or f(x, dim, correction, keepdim).
template <class F> Row deviation(F f) {
  return [f](Sample& x) -> Tensors {
    const json* first = x.find(0, "dim");
    const bool no_dims = x.count() == 1 && first && first->is_boolean();
    const Axes dims = no_dims ? Axes() : axes(x);
    const int c = correction(x, no_dims ? 0 : 1);
    return f(x.input(), dims, c, x.flag(by_name, "keepdim"));
  };
}
Tensors std_of(const Tensor& x, const Axes& dims, int c, bool keep) {
  return tinygrad::std(x, dims, c, keep);
}
Tensors std_mean_of(const Tensor& x, const Axes& dims, int c, bool keep) {
  const auto [s, m] = std_mean(x, dims, c, keep);
  return {s, m};
}
Tensors var_mean_of(const Tensor& x, const Axes& dims, int c, bool keep) {
  const auto [v, m] = var_mean(x, dims, c, keep);
  return {v, m};
}
Tensor norm_row(Sample& x) {
  const json* p = x.find(0, "p");
  if (!p) p = x.find(0, "ord");
  double power = 2;
  if (p && p->is_string()) {
    if (*p == "nuc") throw Skip{"the nuclear norm"};
    power = *p == "fro" ? 2 : scalar_of(*p).real();
  } else if (p) power = scalar_of(*p).real();
  const Tensor t = x.input();
  return norm(t.to(x.dtype(t.dtype())), power, axes(x, 1), x.flag(2, "keepdim"));
}
template <class F> Row nan_reduction(F f) {
  return [f](Sample& x) {
    const Tensor t = x.input();
    return f(t.to(x.dtype(t.dtype())), axes(x), x.flag(1, "keepdim"));
  };
}
Tensors aminmax_row(Sample& x) {
  const auto [low, high] = aminmax(x.input(), axes(x, by_name), x.flag(by_name, "keepdim"));
  return {low, high};
}

// ------------------------------------------------------------ sets and histograms

template <class F> Row unique_row(F f) {
  return [f](Sample& x) {
    UniqueOptions options;
    options.return_inverse = x.flag(by_name, "return_inverse");
    options.return_counts = x.flag(by_name, "return_counts");
    x.ignore("sorted");
    if (x.has(by_name, "dim")) options.dim = dim_of(x, by_name);
    const Unique u = f(x.input(), options);
    Tensors all = {u.values};
    if (u.inverse.defined()) all.push_back(u.inverse);
    if (u.counts.defined()) all.push_back(u.counts);
    return all;
  };
}
Tensor isin_row(Sample& x) {
  x.ignore("assume_unique");
  const bool invert = x.flag(by_name, "invert");
  if (!is_tensor(x.input_json())) throw Skip{"a scalar among test elements"};
  if (x.has_tensor(0, "test_elements"))
    return isin(x.input(), x.tensor(0, "test_elements"), invert);
  return isin(x.input(), x.scalar(0, "test_elements", 0), invert);
}
Tensor bincount_row(Sample& x) {
  return bincount(x.input(), x.tensor(0, "weights"), x.integer(1, "minlength", 0));
}
Tensor histc_row(Sample& x) {
  return histc(x.input(), x.integer(0, "bins", 100), x.real(1, "min", 0), x.real(2, "max", 0));
}
Tensor searchsorted_row(Sample& x) {
  const DType dtype = x.flag(by_name, "out_int32") ? int32 : int64;
  const bool right = x.flag(by_name, "right") || x.text(by_name, "side", "left") == "right";
  const Tensor sequence = x.input();
  const Tensor values = x.has_tensor(0, "self")
                            ? x.tensor(0, "self")
                            : full({}, x.scalar(0, "self", 0), {.dtype = sequence.dtype()});
  return searchsorted(sequence, values, right, x.tensor(by_name, "sorter")).to(dtype);
}
Tensor bucketize_row(Sample& x) {
  const DType dtype = x.flag(by_name, "out_int32") ? int32 : int64;
  return bucketize(x.input(), x.tensor(0, "boundaries"), x.flag(by_name, "right")).to(dtype);
}

}  // namespace

Rows order_rows() {
  return {
      {"sort", sort_row},
      {"argsort", argsort_row},
      {"msort", [](Sample& x) { return msort(x.input()); }},
      {"topk", topk_row},
      {"kthvalue", kthvalue_row},
      {"median", MEDIAN(median)},
      {"nanmedian", MEDIAN(nanmedian)},
      {"mode", mode_row},
      {"quantile", QUANTILE(quantile)},
      {"nanquantile", QUANTILE(nanquantile)},
      {"cumsum", running([](const Tensor& x, int dim) { return cumsum(x, dim); })},
      {"cumprod", running([](const Tensor& x, int dim) { return cumprod(x, dim); })},
      {"cummax", [](Sample& x) { return both(cummax(x.input(), dim_of(x, 0, 0))); }},
      {"cummin", [](Sample& x) { return both(cummin(x.input(), dim_of(x, 0, 0))); }},
      {"logcumsumexp", [](Sample& x) { return logcumsumexp(x.input(), dim_of(x, 0, 0)); }},
      {"diff", diff_row},
      {"trapezoid", INTEGRAL(trapezoid)},
      {"trapz", INTEGRAL(trapz)},
      {"cumulative_trapezoid", INTEGRAL(cumulative_trapezoid)},
      {"gradient", gradient_row},
      {"std", deviation(std_of)},
      {"std.unbiased", deviation(std_of)},
      {"std_mean", deviation(std_mean_of)},
      {"std_mean.unbiased", deviation(std_mean_of)},
      {"var_mean", deviation(var_mean_of)},
      {"var_mean.unbiased", deviation(var_mean_of)},
      {"norm", norm_row},
      {"norm.fro", norm_row},
      {"norm.inf", norm_row},
      {"linalg.vector_norm", norm_row},
      {"nansum", nan_reduction([](const Tensor& x, const Axes& dims, bool keep) {
         return nansum(x, dims, keep);
       })},
      {"nanmean", nan_reduction([](const Tensor& x, const Axes& dims, bool keep) {
         return nanmean(x, dims, keep);
       })},
      {"count_nonzero", [](Sample& x) { return count_nonzero(x.input(), axes(x)); }},
      {"aminmax", aminmax_row},
      {"unique", unique_row([](const Tensor& x, const UniqueOptions& o) { return unique(x, o); })},
      {"unique_consecutive", unique_row([](const Tensor& x, const UniqueOptions& o) {
         return unique_consecutive(x, o);
       })},
      {"isin", isin_row},
      {"bincount", bincount_row},
      {"histc", histc_row},
      {"searchsorted", searchsorted_row},
      {"bucketize", bucketize_row}};
}

}  // namespace opinfo
