// SPDX-License-Identifier: MIT
// Attention and its gradients, without the [L, S] scores in memory (Milakov and Gimelshein 2018;
// Dao et al. 2022). A work-group of SIDE x SIDE items takes TILE rows of one head, its queries, and
// loops over tiles of TILE columns, the keys: it computes the scores of a tile, turns them into
// weights exp(score - m), where m is the row's largest score so far, and adds the weights times v
// to sums in registers. If m grows, the sums are multiplied by exp(old m - new m).
//
// The gradients compute the weights again, from the largest score and the sum of each query.
// attention_grad does that for tiles of queries, which gives dq, and once more with the roles
// exchanged (BY_KEYS): its rows are keys then, its columns queries, and it gives dk and dv. So
// every output is written by one work-group, in a fixed order.
//
// An item computes ROWS rows of a tile, in vectors of WIDTH columns that are SIDE vectors apart. In
// the cpu form a work-group is one item, so that barriers cost nothing.
#include "rows.cl"

#ifdef KERNEL_attention_delta
/// delta = Σ dy y of each row.
LINE_KERNEL void attention_delta(IN(dy), IN(y), OUT(delta), LINES) {
  DECLARE_SCRATCH FIND_LINE OPEN(dy);
  OPEN(y);
  OPEN(delta);
  TOTAL(sum)
  FOR_EACH_BLOCK(i) {
    V part = 0;
    FOR_EACH_IN_BLOCK(i) part += LOAD_AT(dy, i, 0) * LOAD_AT(y, i, 0);
    ADD_BLOCK(sum, part)
  }
  const T total = LINE_SUM(sum);
  if (ITEM == 0) STORE(T, delta, line, total);
}
#else

#define TILE_KERNEL kernel __attribute__((reqd_work_group_size(SIDE, SIDE, 1)))
#define ITEM_X ((int)get_local_id(0))
#define ITEM_Y ((int)get_local_id(1))
#define BARRIER barrier(CLK_LOCAL_MEM_FENCE)
#define ROWS (TILE / SIDE)
#define BLOCK_ROWS (ROWS < 8 ? ROWS : 8)  // rows whose sums are in registers at a time
/// In the gpu form an item's arrays are registers, and so its loops must be unrolled.
#if SIDE > 1
#define UNROLL _Pragma("unroll")
#else
#define UNROLL
#endif
#define FOR_EACH_ROW(r) UNROLL for (int r = 0; r < ROWS; ++r)
/// The item's vectors in a row of n elements, and the first element of vector c.
#define VECTORS(n) (((n) + SIDE * WIDTH - 1) / (SIDE * WIDTH))
#define COLUMN(c) (((c)*SIDE + ITEM_X) * WIDTH)
#define FOR_EACH_VECTOR(c, n) UNROLL for (int c = 0; c < VECTORS(n); ++c)

// Tiles in local memory. Left factors have one element more in a row than they need, so that items
// with different rows use different banks. Right factors share one array: they are rows of
// WIDEST elements, or columns of features, one vector longer than they need for the same reason.
#define LEFT(features) ((features) + 1)
#define WIDEST (VECTORS(E > EV ? E : EV) * SIDE * WIDTH)
#define COLUMN_STEP (TILE + WIDTH)
#define DECLARE_TILES(weights, right) \
  local T weights[TILE * LEFT(TILE)], right[WIDEST * COLUMN_STEP];

/// Loads TILE rows of x, the first `count` of them from element `from` on, zeros for the others.
INLINE void load_tile(global const uchar* x, int x_dtype, index_t from, index_t count, int features,
                      local T* to, int row_step, int feature_step) {
  for (int i = ITEM_Y * SIDE + ITEM_X; i < TILE * features; i += SIDE * SIDE) {
    const int row = i / features, feature = i - row * features;
    to[row * row_step + feature * feature_step] = row < count ? LOAD(T, x, from + i) : 0;
  }
}
#define LOAD_TILE(x, row, count, features, to, row_step, feature_step)                            \
  load_tile(x, x##_dtype, (matrix * (count) + (row)) * (features), (count) - (row), features, to, \
            row_step, feature_step)
#define LOAD_LEFT(x, row, count, features, to) \
  LOAD_TILE(x, row, count, features, to, LEFT(features), 1)
#define LOAD_ROWS(x, row, count, features, to) LOAD_TILE(x, row, count, features, to, WIDEST, 1)
#define LOAD_COLUMNS(x, row, count, features, to) \
  LOAD_TILE(x, row, count, features, to, 1, COLUMN_STEP)

/// sums += left right for the item's rows and vectors: `depth` steps, and `vectors` vectors a row.
INLINE void add_product(V* sums, int vectors, local const T* left, local const T* right,
                        int right_step, int depth) {
  UNROLL for (int c = 0; c < vectors; ++c) for (int first = 0; first < ROWS; first += BLOCK_ROWS) {
    local const T* rows = left + (ITEM_Y * ROWS + first) * LEFT(depth);
    V block[BLOCK_ROWS];
#pragma unroll
    for (int r = 0; r < BLOCK_ROWS; ++r) block[r] = sums[(first + r) * vectors + c];
    for (int k = 0; k < depth; ++k) {
      const V of_right = VLOAD(right + k * right_step + COLUMN(c));
#pragma unroll
      for (int r = 0; r < BLOCK_ROWS; ++r) block[r] += rows[r * LEFT(depth) + k] * of_right;
    }
#pragma unroll
    for (int r = 0; r < BLOCK_ROWS; ++r) sums[(first + r) * vectors + c] = block[r];
  }
}
INLINE void clear(V* sums, int vectors) {
  UNROLL for (int i = 0; i < ROWS * vectors; ++i) sums[i] = 0;
}
/// Stores the item's part of the tile that begins at `row` of y [count, features].
INLINE void store_tile(const V* values, global uchar* y, int y_dtype, index_t matrix, index_t row,
                       index_t count, int features) {
  FOR_EACH_ROW(r) {
    const index_t i = row + ITEM_Y * ROWS + r;
    FOR_EACH_VECTOR(c, features)
    if (i < count && COLUMN(c) < features)
      store_vector(y, y_dtype, (matrix * count + i) * features + COLUMN(c), features - COLUMN(c),
                   values[r * VECTORS(features) + c]);
  }
}

// ------------------------------------------------------------ scores
/// The mask [B, H, rows, columns] or null, its strides, and what else the scores depend on.
#define SCORES                                                                                   \
  IN(mask), const index_t mask_batch, const index_t mask_head, const index_t mask_row,           \
      const index_t mask_column, const index_t heads, const index_t rows, const index_t columns, \
      const T scale
/// Declares the head and the first row of this work-group, written so that the compiler sees that
/// they are the same for all items.
#define FIND_TILE                                                         \
  const index_t matrix = get_global_id(2),                                \
                row = (get_global_id(0) - get_local_id(0)) / SIDE * TILE; \
  OPEN(mask);                                                             \
  const index_t mask_first = matrix / heads * mask_batch + matrix % heads * mask_head;
#if !CAUSAL
#define IS_SEEN(i, j) true
#define FIRST_COLUMN 0
#define LAST_COLUMN columns
#elif defined(BY_KEYS)
#define IS_SEEN(i, j) ((j) >= (i))
#define FIRST_COLUMN row
#define LAST_COLUMN columns
#else
#define IS_SEEN(i, j) ((j) <= (i))
#define FIRST_COLUMN 0
#define LAST_COLUMN min(columns, row + TILE)
#endif
/// Returns whether no element of the tile needs a look of its own: all are inside, all are seen,
/// and there is no mask.
#define IS_PLAIN(column)                                                                         \
  (!mask && row + TILE <= rows && column + TILE <= columns && IS_SEEN(row, column + TILE - 1) && \
   IS_SEEN(row + TILE - 1, column))
/// The scores of row i and the columns from j on; -inf where the query does not see the key, and
/// beyond the last row and column.
#define SCORE(product, is_plain, i, j)                                                         \
  score(product, is_plain, mask, mask_dtype, mask_first, mask_row, mask_column, rows, columns, \
        scale, i, j)
INLINE V score(V product, bool is_plain, global const uchar* mask, int mask_dtype,
               index_t mask_first, index_t mask_row, index_t mask_column, index_t rows,
               index_t columns, T scale, index_t i, index_t j) {
  if (is_plain) return product * scale;
  T values[WIDTH];
  VSTORE(product * scale, values);
  for (int lane = 0; lane < WIDTH; ++lane, ++j) {
    const bool is_seen = i < rows && j < columns && IS_SEEN(i, j);
    if (!is_seen) values[lane] = -INFINITY;
    else if (mask) values[lane] += LOAD(T, mask, mask_first + i * mask_row + j * mask_column);
  }
  return VLOAD(values);
}

#ifdef KERNEL_attention
TILE_KERNEL void attention(IN(q), IN(k), IN(v), OUT(y), OUT(to_largest), OUT(to_factor), SCORES) {
  DECLARE_TILES(weights, right)
  local T queries[TILE * LEFT(E)], of_items[TILE][SIDE];
  FIND_TILE
  OPEN(q);
  OPEN(k);
  OPEN(v);
  OPEN(y);
  OPEN(to_largest);
  OPEN(to_factor);
  V scores[ROWS * VECTORS(TILE)], sums[ROWS * VECTORS(EV)];
  V normalizer[ROWS];  // Σ of the item's own columns
  T largest[ROWS];     // of the row so far
  FOR_EACH_ROW(r) normalizer[r] = 0, largest[r] = -INFINITY;
  clear(sums, VECTORS(EV));
  LOAD_LEFT(q, row, rows, E, queries);
  for (index_t column = 0; column < LAST_COLUMN; column += TILE) {
    LOAD_COLUMNS(k, column, columns, E, right);
    BARRIER;
    clear(scores, VECTORS(TILE));
    add_product(scores, VECTORS(TILE), queries, right, COLUMN_STEP, E);
    const bool is_plain = IS_PLAIN(column);
    FOR_EACH_ROW(r) {
      V of_item = -INFINITY;
      FOR_EACH_VECTOR(c, TILE) {
        V* const s = &scores[r * VECTORS(TILE) + c];
        *s = SCORE(*s, is_plain, row + ITEM_Y * ROWS + r, column + COLUMN(c));
        of_item = fmax(of_item, *s);
      }
      of_items[ITEM_Y * ROWS + r][ITEM_X] = LINE_MAX(of_item);
    }
    BARRIER;
    LOAD_ROWS(v, column, columns, EV, right);
    FOR_EACH_ROW(r) {
      T now = largest[r];
      for (int x = 0; x < SIDE; ++x) now = fmax(now, of_items[ITEM_Y * ROWS + r][x]);
      const T shift = now == -INFINITY ? 0 : now, factor = exp(largest[r] - shift);
      largest[r] = now;
      normalizer[r] *= factor;
      FOR_EACH_VECTOR(c, EV) sums[r * VECTORS(EV) + c] *= factor;
      FOR_EACH_VECTOR(c, TILE) {
        const V weight = exp(scores[r * VECTORS(TILE) + c] - shift);
        normalizer[r] += weight;
        VSTORE(weight, weights + (ITEM_Y * ROWS + r) * LEFT(TILE) + COLUMN(c));
      }
    }
    BARRIER;
    add_product(sums, VECTORS(EV), weights, right, WIDEST, TILE);
    BARRIER;
  }
  FOR_EACH_ROW(r) of_items[ITEM_Y * ROWS + r][ITEM_X] = LINE_SUM(normalizer[r]);
  BARRIER;
  FOR_EACH_ROW(r) {
    T total = 0;
    for (int x = 0; x < SIDE; ++x) total += of_items[ITEM_Y * ROWS + r][x];
    // The total is 0 if the query sees no key: the largest score would have the weight 1.
    const T factor = total == 0 ? 0 : 1 / total;
    FOR_EACH_VECTOR(c, EV) sums[r * VECTORS(EV) + c] *= factor;
    const index_t i = row + ITEM_Y * ROWS + r;
    if (ITEM_X == 0 && i < rows) {
      STORE(T, to_largest, matrix * rows + i, total == 0 ? 0 : largest[r]);
      STORE(T, to_factor, matrix * rows + i, factor);
    }
  }
  store_tile(sums, y, y_dtype, matrix, row, rows, EV);
}
#endif

#ifdef KERNEL_attention_grad
/// For rows a and columns b: d_a = ds b, where w = exp(a bᵀ scale + mask - largest) factor and
/// ds = w (a2 b2ᵀ - delta) scale. a, a2, b, b2 are q, dy, k, v, and d_a is dq; or, BY_KEYS, they
/// are k, v, q, dy, d_a is dk, and d_a2 = w b2 is dv.
TILE_KERNEL void attention_grad(IN(a), IN(a2), IN(b), IN(b2), IN(largest), IN(factor), IN(delta),
                                OUT(d_a), OUT(d_a2), SCORES) {
  DECLARE_TILES(weights, right)
  local T left[TILE * LEFT(E)], left2[TILE * LEFT(EV)];
  FIND_TILE
  OPEN(a);
  OPEN(a2);
  OPEN(b);
  OPEN(b2);
  OPEN(largest);
  OPEN(factor);
  OPEN(delta);
  OPEN(d_a);
  V w[ROWS * VECTORS(TILE)], ds[ROWS * VECTORS(TILE)], sums[ROWS * VECTORS(E)];
  clear(sums, VECTORS(E));
#ifdef BY_KEYS
  OPEN(d_a2);
  V sums2[ROWS * VECTORS(EV)];
  clear(sums2, VECTORS(EV));
#define OF_QUERY(x, i, j) \
  ((j) < columns ? load_vector(x, x##_dtype, matrix * columns + (j), columns - (j), 0) : (V)(0))
#else
#define OF_QUERY(x, i, j) (V)((i) < rows ? LOAD(T, x, matrix * rows + (i)) : (T)(0))
#endif
#define STORE_WEIGHTS(w)   \
  FOR_EACH_ROW(r)          \
  FOR_EACH_VECTOR(c, TILE) \
  VSTORE(w[r * VECTORS(TILE) + c], weights + (ITEM_Y * ROWS + r) * LEFT(TILE) + COLUMN(c));
  LOAD_LEFT(a, row, rows, E, left);
  LOAD_LEFT(a2, row, rows, EV, left2);
  for (index_t column = FIRST_COLUMN; column < LAST_COLUMN; column += TILE) {
    LOAD_COLUMNS(b, column, columns, E, right);
    BARRIER;
    clear(w, VECTORS(TILE));
    add_product(w, VECTORS(TILE), left, right, COLUMN_STEP, E);
    BARRIER;
    LOAD_COLUMNS(b2, column, columns, EV, right);
    BARRIER;
    clear(ds, VECTORS(TILE));
    add_product(ds, VECTORS(TILE), left2, right, COLUMN_STEP, EV);
    BARRIER;
    const bool is_plain = IS_PLAIN(column);
    FOR_EACH_ROW(r)
    FOR_EACH_VECTOR(c, TILE) {
      const int at = r * VECTORS(TILE) + c;
      const index_t i = row + ITEM_Y * ROWS + r, j = column + COLUMN(c);
      w[at] = exp(SCORE(w[at], is_plain, i, j) - OF_QUERY(largest, i, j)) * OF_QUERY(factor, i, j);
      ds[at] = w[at] * (ds[at] - OF_QUERY(delta, i, j)) * scale;
    }
#ifdef BY_KEYS
    STORE_WEIGHTS(w)
    LOAD_ROWS(b2, column, columns, EV, right);
    BARRIER;
    add_product(sums2, VECTORS(EV), weights, right, WIDEST, TILE);
    BARRIER;
#endif
    STORE_WEIGHTS(ds)
    LOAD_ROWS(b, column, columns, E, right);
    BARRIER;
    add_product(sums, VECTORS(E), weights, right, WIDEST, TILE);
    BARRIER;
  }
  store_tile(sums, d_a, d_a_dtype, matrix, row, rows, E);
#ifdef BY_KEYS
  store_tile(sums2, d_a2, d_a2_dtype, matrix, row, rows, EV);
#endif
}
#endif
#endif
