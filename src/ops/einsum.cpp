// Einstein's summation convention. The equation is read into labels, operands are brought to plain labels (diagonals,
// broadcast dimensions), and contracted in pairs, each as one batched product.
#include <algorithm>
#include <array>

#include "ops/product_rules.h"

namespace flambeau {

namespace {

// A label is 0–51 for A–Z, a–z, and from 52 on the dimensions that an ellipsis stands for, the last of them first.
constexpr int kEllipsis = 52;
constexpr int kLabels = 128;
using Labels = std::vector<int>;

struct Term {
  Tensor tensor;
  Labels labels;
};

int letter(char c) { return c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26 : -1; }

// The labels of one operand or of the result; `ellipsis` dimensions stand where the dots are. With rank -1 no size is
// known.
Labels read_labels(std::string_view text, int64_t rank, int ellipsis_of_result, std::string_view where) {
  Labels labels;
  int64_t letters = 0;
  for (char c : text) letters += letter(c) >= 0;
  bool dots = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ' ') continue;
    if (c == '.') {
      check(!dots && text.substr(i, 3) == "...", ErrorKind::Runtime, "einsum(): found \'.\' for ", where,
            " that is not part of any ellipsis");
      dots = true;
      i += 2;
      const int64_t count = rank < 0 ? ellipsis_of_result : rank - letters;
      check(count >= 0, ErrorKind::Runtime, "einsum(): the number of subscripts in the equation (", letters,
            ") is more than the number of dimensions (", rank, ") for ", where);
      for (int64_t k = count; k-- > 0;) labels.push_back(kEllipsis + static_cast<int>(k));
    } else {
      check(letter(c) >= 0, ErrorKind::Runtime, "einsum(): invalid subscript given at index ", i,
            " in the equation string for ", where, ", subscripts must be in [a-zA-Z]: '", c, "'");
      labels.push_back(letter(c));
    }
  }
  check(rank < 0 || static_cast<int64_t>(labels.size()) == rank, ErrorKind::Runtime,
        "einsum(): the number of subscripts in the equation (", labels.size(),
        ") does not match the number of dimensions (", rank, ") for ", where, dots ? "" : " and no ellipsis was given");
  return labels;
}

bool has(const Labels& labels, int label) { return std::find(labels.begin(), labels.end(), label) != labels.end(); }
int64_t place(const Labels& labels, int label) {
  return std::find(labels.begin(), labels.end(), label) - labels.begin();
}

// A label that appears twice: the diagonal of its two dimensions.
void take_diagonals(Term& t) {
  for (size_t i = 0; i < t.labels.size(); ++i)
    for (size_t k = i + 1; k < t.labels.size();) {
      if (t.labels[k] != t.labels[i]) {
        ++k;
        continue;
      }
      check(t.tensor.size(i) == t.tensor.size(k), ErrorKind::Runtime,
            "einsum(): subscript is repeated for an operand, but the sizes don't match: ", t.tensor.size(i), " and ",
            t.tensor.size(k));
      const int label = t.labels[i];
      t.tensor = call<"diagonal">(t.tensor, int64_t{0}, static_cast<int64_t>(i), static_cast<int64_t>(k));
      t.labels.erase(t.labels.begin() + k);
      t.labels.erase(t.labels.begin() + i);
      t.labels.push_back(label);
      return take_diagonals(t);
    }
}

void sum_out(Term& t, const std::array<int, kLabels>& wanted) {
  Dims dims;
  Labels rest;
  for (size_t i = 0; i < t.labels.size(); ++i) {
    if (wanted[t.labels[i]])
      rest.push_back(t.labels[i]);
    else
      dims.push_back(static_cast<int64_t>(i));
  }
  if (dims.empty()) return;
  // int64 sums of narrower integers would widen them
  t.tensor = call<"sum.dim_IntList">(t.tensor, dims, false, t.tensor.dtype());
  t.labels = rest;
}

Tensor arranged(const Term& t, const Labels& first, const Labels& second, const Labels& third) {
  Dims order;
  for (const Labels* group : {&first, &second, &third})
    for (int label : *group) order.push_back(place(t.labels, label));
  bool same = true;
  for (size_t i = 0; i < order.size(); ++i) same = same && order[i] == static_cast<int64_t>(i);
  return same ? t.tensor : call<"permute">(t.tensor, order);
}

// One batched product over the labels of both; `wanted` counts in how many other places (operands, result) a label
// appears.
Term contract(Term a, Term b, const std::array<int, kLabels>& wanted) {
  // A dimension of size 1 meets each element of the other's.
  for (Term* t : {&a, &b}) {
    Term& other = t == &a ? b : a;
    for (size_t i = 0; i < t->labels.size(); ++i) {
      const int label = t->labels[i];
      if (!has(other.labels, label) || t->tensor.size(i) != 1 || other.tensor.size(place(other.labels, label)) == 1)
        continue;
      Dims sizes(t->tensor.sizes());
      sizes[i] = other.tensor.size(place(other.labels, label));
      t->tensor = call<"expand">(t->tensor, sizes);
    }
  }
  std::array<int, kLabels> kept_a = wanted, kept_b = wanted;
  for (int label : b.labels) ++kept_a[label];
  for (int label : a.labels) ++kept_b[label];
  sum_out(a, kept_a);
  sum_out(b, kept_b);
  Labels batch, rows, columns, inner;
  Dims sizes;
  int64_t n[4] = {1, 1, 1, 1};
  for (int label : a.labels) {
    const int64_t size = a.tensor.size(place(a.labels, label));
    if (!has(b.labels, label))
      rows.push_back(label), n[1] *= size;
    else if (wanted[label])
      batch.push_back(label), n[0] *= size;
    else
      inner.push_back(label), n[2] *= size;
  }
  for (int label : b.labels)
    if (!has(a.labels, label)) columns.push_back(label), n[3] *= b.tensor.size(place(b.labels, label));
  for (int label : batch) sizes.push_back(a.tensor.size(place(a.labels, label)));
  for (int label : rows) sizes.push_back(a.tensor.size(place(a.labels, label)));
  for (int label : columns) sizes.push_back(b.tensor.size(place(b.labels, label)));
  Tensor left = arranged(a, batch, rows, inner), right = arranged(b, batch, inner, columns);
  Term out;
  if (inner.empty() && rows.empty() && columns.empty()) {
    out.tensor = call<"mul.Tensor">(left, right);
  } else {
    Tensor product = batch.empty()
                         ? call<"mm">(call<"reshape">(left, Dims{n[1], n[2]}), call<"reshape">(right, Dims{n[2], n[3]}))
                         : call<"bmm">(call<"reshape">(left, Dims{n[0], n[1], n[2]}),
                                       call<"reshape">(right, Dims{n[0], n[2], n[3]}));
    out.tensor = call<"reshape">(product, sizes);
  }
  for (const Labels* group : {&batch, &rows, &columns})
    out.labels.insert(out.labels.end(), group->begin(), group->end());
  return out;
}

Tensor einsum(std::string_view equation, TensorSpan tensors, IntSpan path) {
  check(!tensors.empty(), ErrorKind::Runtime, "einsum(): must provide at least one operand");
  const size_t arrow = equation.find("->");
  std::string_view left = equation.substr(0, arrow);
  std::vector<Term> terms;
  int ellipsis = 0;
  size_t begin = 0;
  bool more = true;
  while (more) {
    const size_t comma = left.find(',', begin);
    more = comma != std::string_view::npos;
    std::string_view text = left.substr(begin, more ? comma - begin : std::string_view::npos);
    begin = comma + 1;
    const size_t i = terms.size();
    check(i < tensors.size(), ErrorKind::Runtime, "einsum(): more operands were provided in the equation ('", equation,
          "') than in the arguments: ", tensors.size());
    Term t{tensors[i], read_labels(text, tensors[i].dim(), 0, "operand " + std::to_string(i))};
    int64_t dots = std::count_if(t.labels.begin(), t.labels.end(), [](int l) { return l >= kEllipsis; });
    ellipsis = std::max(ellipsis, static_cast<int>(dots));
    terms.push_back(std::move(t));
  }
  check(terms.size() == tensors.size(), ErrorKind::Runtime, "einsum(): fewer operands were provided in the equation ('",
        equation, "') than in the arguments: ", tensors.size());

  std::array<int, kLabels> count{};
  std::array<int64_t, kLabels> size;
  size.fill(1);
  for (Term& t : terms) {
    for (int label : t.labels) ++count[label];
    take_diagonals(t);
    for (size_t d = 0; d < t.labels.size(); ++d) {
      int64_t& known = size[t.labels[d]];
      const int64_t own = t.tensor.size(d);
      check(own == 1 || known == 1 || own == known, ErrorKind::Runtime, "einsum(): subscript ", d, " of operand ",
            &t - terms.data(), " has size ", own, " which does not broadcast with previously seen size ", known);
      if (own != 1) known = own;
    }
  }
  Labels result;
  if (arrow == std::string_view::npos) {
    for (int k = ellipsis; k-- > 0;) result.push_back(kEllipsis + k);
    for (int label = 0; label < kEllipsis; ++label)
      if (count[label] == 1) result.push_back(label);
  } else {
    result = read_labels(equation.substr(arrow + 2), -1, ellipsis, "the output");
    for (size_t i = 0; i < result.size(); ++i) {
      check(count[result[i]] > 0, ErrorKind::Runtime, "einsum(): output subscript ", i,
            " does not appear in the equation for any input operand: '", equation, "'");
      check(place(result, result[i]) == static_cast<int64_t>(i), ErrorKind::Runtime,
            "einsum(): output subscript appears more than once in the output: '", equation, "'");
    }
  }
  // Along the path: pairs of positions in the shrinking list, each product going to its end. Without one, from the
  // left.
  check(path.empty() || path.size() == 2 * (tensors.size() - 1) || tensors.size() == 1, ErrorKind::Runtime,
        "einsum(): expected contraction path given in path parameter to have length ", 2 * (tensors.size() - 1),
        ", got ", path.size());
  for (size_t step = 0; terms.size() > 1; ++step) {
    int64_t i = 0, k = 1;
    if (!path.empty()) {
      i = std::min(path[2 * step], path[2 * step + 1]);
      k = std::max(path[2 * step], path[2 * step + 1]);
      check(i >= 0 && i != k && k < static_cast<int64_t>(terms.size()), ErrorKind::Runtime,
            "einsum(): invalid contraction path: ", list_text(path));
    }
    Term a = std::move(terms[i]), b = std::move(terms[k]);
    terms.erase(terms.begin() + k);
    terms.erase(terms.begin() + i);
    std::array<int, kLabels> wanted{};
    for (const Term& t : terms)
      for (int label : t.labels) ++wanted[label];
    for (int label : result) ++wanted[label];
    Term out = contract(std::move(a), std::move(b), wanted);
    if (path.empty())
      terms.insert(terms.begin(), std::move(out));
    else
      terms.push_back(std::move(out));
  }
  Term last = std::move(terms[0]);
  std::array<int, kLabels> wanted{};
  for (int label : result) ++wanted[label];
  sum_out(last, wanted);
  return arranged(last, result, {}, {});
}

}  // namespace

OP(einsum){
    .signature = "einsum(str equation, Tensor[] tensors, *, int[]? path=None) -> Tensor",
    .python = nn_private,
    .doc =
        R"(Sums of products over labelled dimensions: ``"bij,bjk->bik"`` is a batched matrix product. Labels left out of the result
    are summed over, an ellipsis stands for dimensions that broadcast, a label twice in one operand takes its diagonal.)",
    .composite = [](std::string_view equation, TensorSpan tensors, IntSpan path) -> Tensor {
      return einsum(equation, tensors, path);
    },
};

}  // namespace flambeau
