// SPDX-License-Identifier: MIT
// Convolution and its gradients for the input and for the weight.
//
// y[o, p] = Σ_t w[o, t] x[t, p] for the channels of each group. A tap t of the filter is
// (channel, ky, kx), a pixel p of y is (row, column), and x[t, p] is the element of the image in
// row row stride_y + ky dilation_y - padding_y  and column  column stride_x + kx dilation_x -
// padding_x, or 0 outside the image. The gradient of the input is the same sum over dy with flipped
// filters; the pixels of dy lie input_dilation_y and input_dilation_x apart there, with zeros
// between them. The gradient of the weight sums over pixels.
// - tiles, weight_grad_tiles (gpu form): implicit GEMM, i.e. matrix products (tile.cl) that load
//   one operand, the matrix x[t, p], from the image.
// - direct (gpu form, few taps): a work-item computes OUT_CHANNELS output channels of one pixel.
// - convolve, weight_grad (cpu form): direct convolution of padded images. The images are copied
//   into larger ones with zeros around them, in which a tap multiplies contiguous elements for a
//   row of pixels, so that vectors of them are loaded without a lookup. A work-item of convolve
//   computes two vectors of pixels for ROWS output channels; one of weight_grad computes ROWS
//   taps for up to two vectors of output channels.
#include "prelude.cl"

/// The geometry: images [batch, groups in_channels, in_height, in_width] to
/// [batch, groups out_channels, out_height, out_width].
typedef struct {
#define CONV_FIELD(name, value) int name;
#include "conv_fields.def"
} Conv;
/// The strides of an array of images.
typedef struct {
  index_t batch, channel, row, column;
} ImageStrides;

#define KERNEL_SIZE (KH * KW)  // DILATION_Y and DILATION_X: those of the filter
/// Declares the image, row and column of pixel n of all images.
#define LOCATE_PIXEL(n)                                                   \
  const index_t pixel_image = (n) / (c.out_height * c.out_width);         \
  const int pixel_index = (n)-pixel_image * (c.out_height * c.out_width); \
  const int pixel_row = pixel_index / c.out_width,                        \
            pixel_column = pixel_index - pixel_row * c.out_width;

/// Loads x[t, p], the element of the image that a tap multiplies for a pixel. from: the first
/// element of the group's channels.
T load_tap(global const uchar* x, const int x_dtype, const Conv c, const ImageStrides s,
           const int tap, const index_t from, const int row, const int column) {
  const int channel = tap / KERNEL_SIZE, kernel_index = tap % KERNEL_SIZE;
  int y = row * c.stride_y + kernel_index / KW * DILATION_Y - c.padding_y,
      x_ = column * c.stride_x + kernel_index % KW * DILATION_X - c.padding_x;
  if (y < 0 || x_ < 0) return 0;
#ifdef INPUT_DILATION
  if (y % c.input_dilation_y || x_ % c.input_dilation_x) return 0;
  y /= c.input_dilation_y, x_ /= c.input_dilation_x;
#endif
  return y < c.in_height && x_ < c.in_width
             ? LOAD(T, x, from + channel * s.channel + y * s.row + x_ * s.column)
             : 0;
}

// ------------------------------------------------------------ gpu form
#define BIAS_AT(o) (bias ? LOAD(T, bias, (o)*bias_step) : 0)
/// The first element of a group's channels in an image of x and of y.
#define GROUP_OF_X(image) ((image)*x_strides.batch + group * c.in_channels * x_strides.channel)
#define GROUP_OF_Y(image) ((image)*y_strides.batch + group * c.out_channels * y_strides.channel)

#ifdef KERNEL_tiles
/// M: output channels, K: taps, N: pixels of all images. w [groups, M, K] is dense. Work-groups:
/// tiles of pixels; of output channels; groups.
kernel __attribute__((reqd_work_group_size(GROUP_SIDE, GROUP_SIDE, 1))) void tiles(
    IN(x), IN(w), IN(bias), OUT(y), const Conv c, const ImageStrides x_strides,
    const ImageStrides y_strides, const index_t bias_step, const index_t M, const index_t N,
    const index_t K) {
  OPEN(x);
  OPEN(w);
  OPEN(bias);
  OPEN(y);
  const index_t group = get_global_id(2);
#define LOAD_A(o, t) LOAD(T, w, (group * M + (o)) * K + (t))
#define PREPARE_B(p) LOCATE_PIXEL(p)
#define LOAD_B(t, p) \
  load_tap(x, x_dtype, c, x_strides, t, GROUP_OF_X(pixel_image), pixel_row, pixel_column)
#define STORE_C(o, p, sum)                                                              \
  {                                                                                     \
    LOCATE_PIXEL(p)                                                                     \
    STORE(T, y,                                                                         \
          GROUP_OF_Y(pixel_image) + (o)*y_strides.channel + pixel_row * y_strides.row + \
              pixel_column * y_strides.column,                                          \
          (sum) + BIAS_AT(group * M + (o)));                                            \
  }
#include "tile.cl"
}
#endif

#ifdef KERNEL_direct
/// The arguments are those of tiles. Work-items: pixels; blocks of OUT_CHANNELS output channels;
/// groups.
kernel void direct(IN(x), IN(w), IN(bias), OUT(y), const Conv c, const ImageStrides x_strides,
                   const ImageStrides y_strides, const index_t bias_step, const index_t M,
                   const index_t N, const index_t K) {
  const index_t p = get_global_id(0), first = get_global_id(1) * OUT_CHANNELS,
                group = get_global_id(2);
  if (p >= N || first >= M) return;
  OPEN(x);
  OPEN(w);
  OPEN(bias);
  OPEN(y);
  LOCATE_PIXEL(p)
  T sums[OUT_CHANNELS];
  for (int i = 0; i < OUT_CHANNELS; ++i) sums[i] = 0;
  for (int t = 0; t < K; ++t) {
    const T value =
        load_tap(x, x_dtype, c, x_strides, t, GROUP_OF_X(pixel_image), pixel_row, pixel_column);
    for (int i = 0; i < OUT_CHANNELS; ++i)
      sums[i] += LOAD(T, w, (group * M + min(first + i, M - 1)) * K + t) * value;
  }
  const index_t to =
      GROUP_OF_Y(pixel_image) + pixel_row * y_strides.row + pixel_column * y_strides.column;
  for (int i = 0; i < OUT_CHANNELS && first + i < M; ++i)
    STORE(T, y, to + (first + i) * y_strides.channel, sums[i] + BIAS_AT(group * M + first + i));
}
#endif

#ifdef KERNEL_weight_grad_tiles
/// partials [blocks][groups][M][N]: the sums over each block of `block_pixels` pixels of all
/// images, for M output channels and N taps.
kernel __attribute__((reqd_work_group_size(GROUP_SIDE, GROUP_SIDE, 1))) void weight_grad_tiles(
    IN(x), IN(dy), global T* partials, const Conv c, const ImageStrides x_strides,
    const ImageStrides y_strides, const index_t block_pixels, const index_t M, const index_t N) {
  const index_t block = get_global_id(2) / c.groups, group = get_global_id(2) % c.groups,
                first_pixel = block * block_pixels;
  const index_t K =
      min(block_pixels, (index_t)c.batch * (c.out_height * c.out_width) - first_pixel);
  OPEN(x);
  OPEN(dy);
#define PREPARE_A(k) LOCATE_PIXEL(first_pixel + k)
#define LOAD_A(o, k)                                                                 \
  LOAD(T, dy,                                                                        \
       GROUP_OF_Y(pixel_image) + (o)*y_strides.channel + pixel_row * y_strides.row + \
           pixel_column * y_strides.column)
#define PREPARE_B(k) LOCATE_PIXEL(first_pixel + k)
#define LOAD_B(k, t) \
  load_tap(x, x_dtype, c, x_strides, t, GROUP_OF_X(pixel_image), pixel_row, pixel_column)
#define STORE_C(o, t, sum) partials[(get_global_id(2) * M + (o)) * N + (t)] = sum;
#include "tile.cl"
}
#endif

// ------------------------------------------------------------ cpu form
#define PADDED_PIXELS (c.padded_height * c.padded_width)
/// The offset of a tap in the padded image, relative to the first tap.
#define TAP_OFFSET(t)                                                                         \
  ((t) / KERNEL_SIZE * PADDED_PIXELS + (t) % KERNEL_SIZE / KW * DILATION_Y * c.padded_width + \
   (t) % KW * DILATION_X)

/// Writes rows [begin, end) of one channel of a padded image: zeros, and the channel of x that
/// begins at element `from`.
void copy_padded_rows(global const uchar* x, const int x_dtype, const Conv c, const ImageStrides s,
                      const index_t from, const int begin, const int end,
                      global T* padded_channel) {
  const int first =
      c.padding_x < 0 ? (-c.padding_x + c.input_dilation_x - 1) / c.input_dilation_x : 0;
  const int last =
      min(c.in_width, (c.padded_width - c.padding_x + c.input_dilation_x - 1) / c.input_dilation_x);
  for (int y = begin; y < end; ++y) {
    global T* to = padded_channel + y * c.padded_width;
    for (int i = 0; i < c.padded_width; ++i) to[i] = 0;
    const int row = y - c.padding_y;
    if (row < 0 || row % c.input_dilation_y || row / c.input_dilation_y >= c.in_height) continue;
    for (int i = first; i < last; ++i)
      to[c.padding_x + i * c.input_dilation_x] =
          LOAD(T, x, from + row / c.input_dilation_y * s.row + i * s.column);
  }
}

#ifdef KERNEL_copy_padded
#define ROWS_PER_ITEM 16
/// padded [batch][groups in_channels][padded_height][padded_width] = x with zeros around it, and
/// `margin` zeros behind the last image. Work-items: blocks of ROWS_PER_ITEM rows; channels;
/// images.
kernel void copy_padded(IN(x), global T* padded, const Conv c, const ImageStrides s,
                        const int margin) {
  const int first = get_global_id(0) * ROWS_PER_ITEM,
            end = min(first + ROWS_PER_ITEM, c.padded_height), channel = get_global_id(1),
            channels = c.groups * c.in_channels;
  const index_t image = get_global_id(2);
  OPEN(x);
  global T* padded_channel = padded + (image * channels + channel) * PADDED_PIXELS;
  copy_padded_rows(x, x_dtype, c, s, image * s.batch + channel * s.channel, first, end,
                   padded_channel);
  if (image == c.batch - 1 && channel == channels - 1 && end == c.padded_height)
    for (int i = 0; i < margin; ++i) padded_channel[PADDED_PIXELS + i] = 0;
}
#endif

#ifdef KERNEL_convolve
/// Loads what a tap multiplies for WIDTH pixels of a row: elements STRIDE_X apart.
VEC(T) load_pixels(global const T* from) {
#if STRIDE_X == 1
  return VLOAD(from);
#elif STRIDE_X == 2
  VEC(T) values;
  values.lo = VLOAD(from).even;
  values.hi = VLOAD(from + WIDTH).even;
  return values;
#else
  T values[WIDTH];
  for (int i = 0; i < WIDTH; ++i) values[i] = from[i * STRIDE_X];
  return VLOAD(values);
#endif
}
// If rows of y would fill vectors badly, all rows of a padded image are processed as one long row
// (FLAT), some of whose pixels do not belong to y.
#ifdef FLAT
#define ROW_COUNT 1
#define ROW_SIZE ((c.out_height - 1) * c.padded_width + c.out_width)
#define OFFSET_IN_Y(x) ((x) / c.padded_width * s.row + (x) % c.padded_width * s.column)
#define IS_IN_Y(x) ((x) % c.padded_width < c.out_width)
#else
#define ROW_COUNT c.out_height
#define ROW_SIZE c.out_width
#define OFFSET_IN_Y(x) ((x)*s.column)
#define IS_IN_Y(x) 1
#endif

/// w is packed [groups][blocks][taps][ROWS]. Work-items: pairs of vectors; blocks of ROWS output
/// channels of each group; images.
kernel void convolve(global const T* padded, global const T* w, IN(bias), OUT(y), const Conv c,
                     const ImageStrides s, const index_t bias_step) {
  const int vectors_per_row = (ROW_SIZE + WIDTH - 1) / WIDTH,
            vector_count = ROW_COUNT * vectors_per_row, first_vector = get_global_id(0) * 2,
            blocks = (c.out_channels + ROWS - 1) / ROWS, block = get_global_id(1),
            group = block / blocks, out = (block - group * blocks) * ROWS;
  const index_t image = get_global_id(2);
  if (first_vector >= vector_count || group >= c.groups) return;
  OPEN(bias);
  OPEN(y);
  padded += (image * c.groups + group) * c.in_channels * PADDED_PIXELS;
  w += block * ROWS * c.in_channels * KERNEL_SIZE;

  int row[2], column[2];
  global const T* from[2];
  for (int v = 0; v < 2; ++v) {
    // If there is no second vector, the first one is computed again.
    const int index = min(first_vector + v, vector_count - 1);
    row[v] = index / vectors_per_row, column[v] = index % vectors_per_row * WIDTH;
    // The last vector of a row overlaps the one before it, which belongs to the same item.
    if (vectors_per_row % 2 == 0) column[v] = min(column[v], ROW_SIZE - WIDTH);
    from[v] = padded + row[v] * c.stride_y * c.padded_width + column[v] * STRIDE_X;
  }
  VEC(T) sums[ROWS][2];
#pragma unroll
  for (int i = 0; i < ROWS; ++i)
    sums[i][0] = sums[i][1] = BIAS_AT(group * c.out_channels + min(out + i, c.out_channels - 1));
  for (int channel = 0; channel < c.in_channels;
       ++channel, from[0] += PADDED_PIXELS, from[1] += PADDED_PIXELS)
    for (int ky = 0; ky < KH; ++ky)
#pragma unroll
      for (int kx = 0; kx < KW; ++kx, w += ROWS) {
        const int tap = ky * DILATION_Y * c.padded_width + kx * DILATION_X;
        const VEC(T) first = load_pixels(from[0] + tap), second = load_pixels(from[1] + tap);
#pragma unroll
        for (int i = 0; i < ROWS; ++i) {
          sums[i][0] += w[i] * first;
          sums[i][1] += w[i] * second;
        }
      }

  const index_t to = image * s.batch + (group * c.out_channels + out) * s.channel;
#ifndef FLAT
  if (s.column == 1 && column[0] + WIDTH <= ROW_SIZE && column[1] + WIDTH <= ROW_SIZE) {
    const index_t first = to + row[0] * s.row + column[0], second = to + row[1] * s.row + column[1];
#pragma unroll
    for (int i = 0; i < ROWS; ++i)
      if (out + i < c.out_channels) {
        STORES(T, y, first + i * s.channel, sums[i][0]);
        STORES(T, y, second + i * s.channel, sums[i][1]);
      }
    return;
  }
#endif
  T results[2][ROWS][WIDTH];
#pragma unroll
  for (int i = 0; i < ROWS; ++i) {
    VSTORE(sums[i][0], results[0][i]);
    VSTORE(sums[i][1], results[1][i]);
  }
  for (int v = 0; v < 2; ++v)
    for (int i = 0; i < ROWS && out + i < c.out_channels; ++i) {
      const index_t first = to + row[v] * s.row + i * s.channel;
      for (int j = 0; j < min(WIDTH, ROW_SIZE - column[v]); ++j)
        if (IS_IN_Y(column[v] + j))
          STORE(T, y, first + OFFSET_IN_Y(column[v] + j), results[v][i][j]);
    }
}
#endif

#ifdef KERNEL_weight_grad
#define COLUMNS (VECTORS * WIDTH)
/// Rows of dy whose pixels are added in registers: over all of a large image, sums would drift.
#define BAND(c) max(1, 4096 / c.out_width)
#include "pack_panels.cl"
/// partials [blocks][groups][taps][panels COLUMNS]: the sums over each block of images, for all
/// taps and output channels. A work-item computes one block, group by group and image by image; it
/// copies the padded image to padded [blocks][...], and dy, with its channels contiguous, to
/// packed_dy [blocks][panels][pixels][COLUMNS].
kernel void weight_grad(IN(x), IN(dy), global T* padded, global T* packed_dy, global T* partials,
                        const Conv c, const ImageStrides x_strides, const ImageStrides y_strides,
                        const index_t pixel_step, const int images_per_block, const int panels,
                        const int blocks) {
  const index_t block = get_global_id(0);
  if (block >= blocks) return;
  const int taps = c.in_channels * KERNEL_SIZE, packed_channels = panels * COLUMNS,
            pixels = c.out_height * c.out_width;
  OPEN(x);
  OPEN(dy);
  padded += block * c.in_channels * PADDED_PIXELS;
  packed_dy += block * pixels * packed_channels;
  partials += block * c.groups * taps * packed_channels;
  for (int i = 0; i < c.groups * taps * packed_channels; ++i) partials[i] = 0;

  const int images = min(images_per_block, c.batch - (int)block * images_per_block);
  for (int n = 0; n < c.groups * images; ++n) {
    const index_t group = n / images, image = block * images_per_block + n % images;
    if (n > 0 && n % images == 0) partials += taps * packed_channels;
    for (int channel = 0; channel < c.in_channels; ++channel)
      copy_padded_rows(x, x_dtype, c, x_strides, GROUP_OF_X(image) + channel * x_strides.channel, 0,
                       c.padded_height, padded + channel * PADDED_PIXELS);
    for (int panel = 0; panel < panels; ++panel)
      pack_panel(dy, dy_dtype, GROUP_OF_Y(image) + panel * COLUMNS * y_strides.channel, pixel_step,
                 y_strides.channel, pixels, min(COLUMNS, c.out_channels - panel * COLUMNS),
                 packed_dy + panel * pixels * COLUMNS);

    for (int tap = 0; tap < taps; tap += ROWS)
      for (int panel = 0; panel < panels; ++panel) {
        int tap_offset[ROWS];
#pragma unroll
        for (int i = 0; i < ROWS; ++i) tap_offset[i] = TAP_OFFSET(min(tap + i, taps - 1));
        global const T* right = packed_dy + panel * pixels * COLUMNS;
        global T* to = partials + tap * packed_channels + panel * COLUMNS;
        for (int band = 0; band < c.out_height; band += BAND(c)) {
          VEC(T) sums[ROWS][VECTORS];
#pragma unroll
          for (int i = 0; i < ROWS; ++i)
#pragma unroll
            for (int v = 0; v < VECTORS; ++v) sums[i][v] = 0;
          for (int y = band; y < min(band + BAND(c), c.out_height); ++y) {
            global const T* left = padded + y * c.stride_y * c.padded_width;
            for (int column = 0; column < c.out_width;
                 ++column, left += c.stride_x, right += COLUMNS) {
              VEC(T) of_dy[VECTORS];
#pragma unroll
              for (int v = 0; v < VECTORS; ++v) of_dy[v] = VLOAD(right + v * WIDTH);
#pragma unroll
              for (int i = 0; i < ROWS; ++i) {
                const T value = left[tap_offset[i]];
#pragma unroll
                for (int v = 0; v < VECTORS; ++v) sums[i][v] += value * of_dy[v];
              }
            }
          }
#pragma unroll
          for (int i = 0; i < ROWS; ++i)
            if (tap + i < taps)
#pragma unroll
              for (int v = 0; v < VECTORS; ++v)
                VSTORE(VLOAD(to + i * packed_channels + v * WIDTH) + sums[i][v],
                       to + i * packed_channels + v * WIDTH);
        }
      }
  }
}
#endif
