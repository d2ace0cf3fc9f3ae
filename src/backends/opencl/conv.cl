// Convolution, and its derivatives for the image and for the weight, without groups and dilation.
//
// y[o, p] = Σ_t w[o, t] x[t, p]: a tap t of the filter is (channel, ky, kx), a pixel p of y is
// (row, column), and the image's number there is in row  row stride_y + ky - top,  column  column
// stride_x + kx - left,  or 0 outside. The image's derivative is the same sum over dy with the
// filter turned around; there, pixels lie spread_y and spread_x apart, with zeros between. The
// weight's derivative sums over pixels.
// - gpu form, tiles and weight_tiles: products of matrices whose right side is looked up in the
// image as its tiles are taken.
//   direct, for few taps: a work-item is a pixel, and OUTS output channels.
// - cpu form: images are copied into frames of zeros. There, what a tap multiplies for a row of
// pixels are neighbours, so that vectors of
//   them are read where they lie: a work-item sums two vectors of pixels for ROWS output channels
//   (convolve), or ROWS taps for two vectors of channels (weight).
#include "prelude.cl"

/// What is convolved: images [images, channels, height, width] to [images, outs, out_height,
/// out_width].
typedef struct {
  int images, channels, height, width, outs, out_height, out_width, stride_y, stride_x, top, left,
      spread_y, spread_x, frame_height, frame_width;
} Conv;
/// From one image, channel, row and column to the next.
typedef struct {
  index_t image, channel, row, column;
} Steps;

#define KERNEL_SIZE (KH * KW)
/// A pixel's number among those of all images, taken apart.
#define PIXEL(n)                                                         \
  const index_t pixel_image = (n) / (c.out_height * c.out_width);        \
  const int pixel_rest = (n)-pixel_image * (c.out_height * c.out_width); \
  const int pixel_row = pixel_rest / c.out_width,                        \
            pixel_column = pixel_rest - pixel_row * c.out_width;

/// The image's number for a tap and a pixel.
T tap_at(global const uchar* x, const int x_dtype, const Conv c, const Steps s, const int tap,
         const index_t image, const int row, const int column) {
  const int channel = tap / KERNEL_SIZE, place = tap % KERNEL_SIZE;
  int y = row * c.stride_y + place / KW - c.top, x_ = column * c.stride_x + place % KW - c.left;
  if (y < 0 || x_ < 0) return 0;
#ifdef SPREAD
  if (y % c.spread_y || x_ % c.spread_x) return 0;
  y /= c.spread_y, x_ /= c.spread_x;
#endif
  return y < c.height && x_ < c.width
             ? LOAD(T, x, image * s.image + channel * s.channel + y * s.row + x_ * s.column)
             : 0;
}

// ------------------------------------------------------------ gpu form
#define BIAS_AT(o) (bias ? LOAD(T, bias, (o)*bias_step) : 0)

#ifdef KERNEL_tiles
/// w [M, K] dense: output channels and taps. N: the pixels of all images.
kernel __attribute__((reqd_work_group_size(SIDE, SIDE, 1))) void tiles(
    IN(x), IN(w), IN(bias), OUT(y), const Conv c, const Steps x_steps, const Steps y_steps,
    const index_t bias_step, const index_t M, const index_t N, const index_t K) {
  OPEN(x);
  OPEN(w);
  OPEN(bias);
  OPEN(y);
#define LEFT(o, t) LOAD(T, w, (o)*K + (t))
#define RIGHT_AT(p) PIXEL(p)
#define RIGHT(t, p) tap_at(x, x_dtype, c, x_steps, t, pixel_image, pixel_row, pixel_column)
#define PUT(o, p, sum)                                                                 \
  {                                                                                    \
    PIXEL(p)                                                                           \
    STORE(T, y,                                                                        \
          pixel_image* y_steps.image + (o)*y_steps.channel + pixel_row * y_steps.row + \
              pixel_column * y_steps.column,                                           \
          (sum) + BIAS_AT(o));                                                         \
  }
#include "tile.cl"
}
#endif

#ifdef KERNEL_direct
#define OUTS 8
/// As tiles.
kernel void direct(IN(x), IN(w), IN(bias), OUT(y), const Conv c, const Steps x_steps,
                   const Steps y_steps, const index_t bias_step, const index_t M, const index_t N,
                   const index_t K) {
  const index_t p = get_global_id(0), first = get_global_id(1) * OUTS;
  if (p >= N || first >= M) return;
  OPEN(x);
  OPEN(w);
  OPEN(bias);
  OPEN(y);
  PIXEL(p)
  T sums[OUTS];
  for (int i = 0; i < OUTS; ++i) sums[i] = 0;
  for (int t = 0; t < K; ++t) {
    const T number = tap_at(x, x_dtype, c, x_steps, t, pixel_image, pixel_row, pixel_column);
    for (int i = 0; i < OUTS; ++i) sums[i] += LOAD(T, w, min(first + i, M - 1) * K + t) * number;
  }
  const index_t to =
      pixel_image * y_steps.image + pixel_row * y_steps.row + pixel_column * y_steps.column;
  for (int i = 0; i < OUTS && first + i < M; ++i)
    STORE(T, y, to + (first + i) * y_steps.channel, sums[i] + BIAS_AT(first + i));
}
#endif

#ifdef KERNEL_weight_tiles
/// parts [blocks][M][N]: for each block of `each` pixels of all images, output channels and taps.
kernel __attribute__((reqd_work_group_size(SIDE, SIDE, 1))) void weight_tiles(
    IN(x), IN(dy), global T* parts, const Conv c, const Steps x_steps, const Steps y_steps,
    const index_t each, const index_t M, const index_t N) {
  const index_t block = get_global_id(2), first_pixel = block * each;
  const index_t K = min(each, (index_t)c.images * (c.out_height * c.out_width) - first_pixel);
  OPEN(x);
  OPEN(dy);
#define LEFT_AT(k) PIXEL(first_pixel + k)
#define LEFT(o, k)                                                                  \
  LOAD(T, dy,                                                                       \
       pixel_image* y_steps.image + (o)*y_steps.channel + pixel_row * y_steps.row + \
           pixel_column * y_steps.column)
#define RIGHT_AT(k) PIXEL(first_pixel + k)
#define RIGHT(k, t) tap_at(x, x_dtype, c, x_steps, t, pixel_image, pixel_row, pixel_column)
#define PUT(o, t, sum) parts[(block * M + (o)) * N + (t)] = sum;
#include "tile.cl"
}
#endif

// ------------------------------------------------------------ cpu form
#define FRAME (c.frame_height * c.frame_width)
/// From a tap's place in the frame to the first tap's.
#define TAP_OFFSET(t) \
  ((t) / KERNEL_SIZE * FRAME + (t) % KERNEL_SIZE / KW * c.frame_width + (t) % KW)

/// Rows [begin, end) of a frame = one channel of an image, from number `from` of x on, in row `top`
/// and column `left`, and zeros.
void put_in_frame(global const uchar* x, const int x_dtype, const Conv c, const Steps s,
                  const index_t from, const int begin, const int end, global T* frame) {
  const int first = c.left < 0 ? (-c.left + c.spread_x - 1) / c.spread_x : 0;
  const int last = min(c.width, (c.frame_width - c.left + c.spread_x - 1) / c.spread_x);
  for (int y = begin; y < end; ++y) {
    global T* to = frame + y * c.frame_width;
    for (int i = 0; i < c.frame_width; ++i) to[i] = 0;
    const int row = y - c.top;
    if (row < 0 || row % c.spread_y || row / c.spread_y >= c.height) continue;
    for (int i = first; i < last; ++i)
      to[c.left + i * c.spread_x] = LOAD(T, x, from + row / c.spread_y * s.row + i * s.column);
  }
}

#ifdef KERNEL_put_in_frames
#define FRAME_ROWS 16
/// frames [images][channels][frame_height][frame_width] = x, and `rest` zeros behind the last.
/// Items: FRAME_ROWS rows of a frame; channels; images.
kernel void put_in_frames(IN(x), global T* frames, const Conv c, const Steps s, const int rest) {
  const int first = get_global_id(0) * FRAME_ROWS, end = min(first + FRAME_ROWS, c.frame_height),
            channel = get_global_id(1);
  const index_t image = get_global_id(2);
  OPEN(x);
  global T* frame = frames + (image * c.channels + channel) * FRAME;
  put_in_frame(x, x_dtype, c, s, image * s.image + channel * s.channel, first, end, frame);
  if (image == c.images - 1 && channel == c.channels - 1 && end == c.frame_height)
    for (int i = 0; i < rest; ++i) frame[FRAME + i] = 0;
}
#endif

#ifdef KERNEL_convolve
/// The numbers of WIDTH pixels of a row.
VEC(T) pixels_at(global const T* frame) {
#if STRIDE_X == 1
  return VLOAD(frame);
#elif STRIDE_X == 2
  VEC(T) numbers;
  numbers.lo = VLOAD(frame).even;
  numbers.hi = VLOAD(frame + WIDTH).even;
  return numbers;
#else
  T numbers[WIDTH];
  for (int i = 0; i < WIDTH; ++i) numbers[i] = frame[i * STRIDE_X];
  return VLOAD(numbers);
#endif
}
// Where vectors would fill rows badly, all rows of a frame are one long row (FLAT), of which some
// pixels are none of y's.
#ifdef FLAT
#define ROW_COUNT 1
#define ROW_SIZE ((c.out_height - 1) * c.frame_width + c.out_width)
#define PLACE_IN_Y(x) ((x) / c.frame_width * s.row + (x) % c.frame_width * s.column)
#define IS_IN_Y(x) ((x) % c.frame_width < c.out_width)
#else
#define ROW_COUNT c.out_height
#define ROW_SIZE c.out_width
#define PLACE_IN_Y(x) ((x)*s.column)
#define IS_IN_Y(x) 1
#endif

/// w [groups][taps][ROWS]. Items: pairs of vectors; groups of ROWS output channels; images.
kernel void convolve(global const T* frames, global const T* w, IN(bias), OUT(y), const Conv c,
                     const Steps s, const index_t bias_step) {
  const int in_row = (ROW_SIZE + WIDTH - 1) / WIDTH, slots = ROW_COUNT * in_row,
            slot = get_global_id(0) * 2, out = get_global_id(1) * ROWS;
  const index_t image = get_global_id(2);
  if (slot >= slots || out >= c.outs) return;
  OPEN(bias);
  OPEN(y);
  frames += image * c.channels * FRAME;
  w += out * c.channels * KERNEL_SIZE;

  int row[2], column[2];
  global const T* from[2];
  for (int v = 0; v < 2; ++v) {
    const int place = min(slot + v, slots - 1);  // where there is no second vector, the first again
    row[v] = place / in_row, column[v] = place % in_row * WIDTH;
    if (in_row % 2 == 0)
      column[v] = min(
          column[v],
          ROW_SIZE - WIDTH);  // a row's last vector goes over some of the one before, in this item
    from[v] = frames + row[v] * c.stride_y * c.frame_width + column[v] * STRIDE_X;
  }
  VEC(T) sums[ROWS][2];
#pragma unroll
  for (int i = 0; i < ROWS; ++i) sums[i][0] = sums[i][1] = BIAS_AT(min(out + i, c.outs - 1));
  for (int channel = 0; channel < c.channels; ++channel, from[0] += FRAME, from[1] += FRAME)
    for (int ky = 0; ky < KH; ++ky)
#pragma unroll
      for (int kx = 0; kx < KW; ++kx, w += ROWS) {
        const int tap = ky * c.frame_width + kx;
        const VEC(T) first = pixels_at(from[0] + tap), second = pixels_at(from[1] + tap);
#pragma unroll
        for (int i = 0; i < ROWS; ++i) {
          sums[i][0] += w[i] * first;
          sums[i][1] += w[i] * second;
        }
      }

  const index_t to = image * s.image + out * s.channel;
#ifndef FLAT
  if (s.column == 1 && column[0] + WIDTH <= ROW_SIZE && column[1] + WIDTH <= ROW_SIZE) {
    const index_t first = to + row[0] * s.row + column[0], second = to + row[1] * s.row + column[1];
#pragma unroll
    for (int i = 0; i < ROWS; ++i)
      if (out + i < c.outs) {
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
    for (int i = 0; i < ROWS && out + i < c.outs; ++i) {
      const index_t place = to + row[v] * s.row + i * s.channel;
      for (int j = 0; j < min(WIDTH, ROW_SIZE - column[v]); ++j)
        if (IS_IN_Y(column[v] + j))
          STORE(T, y, place + PLACE_IN_Y(column[v] + j), results[v][i][j]);
    }
}
#endif

#ifdef KERNEL_weight
#define COLUMNS (VECTORS * WIDTH)
#include "pack_panels.cl"
/// parts [blocks][taps][panels COLUMNS]: for each block of images, taps and output channels. An
/// item makes one part, image by image; it keeps the image's frame in frames [blocks][...], and dy,
/// its channels side by side, in turned [blocks][panels][pixels][COLUMNS].
kernel void weight(IN(x), IN(dy), global T* frames, global T* turned, global T* parts, const Conv c,
                   const Steps x_steps, const Steps y_steps, const index_t pixel_step,
                   const int images_each, const int panels, const int blocks) {
  const index_t block = get_global_id(0);
  if (block >= blocks) return;
  const int taps = c.channels * KERNEL_SIZE, filled = panels * COLUMNS,
            pixels = c.out_height * c.out_width;
  OPEN(x);
  OPEN(dy);
  frames += block * c.channels * FRAME;
  turned += block * pixels * filled;
  parts += block * taps * filled;
  for (int i = 0; i < taps * filled; ++i) parts[i] = 0;

  for (index_t image = block * images_each;
       image < min((block + 1) * images_each, (index_t)c.images); ++image) {
    for (int channel = 0; channel < c.channels; ++channel)
      put_in_frame(x, x_dtype, c, x_steps, image * x_steps.image + channel * x_steps.channel, 0,
                   c.frame_height, frames + channel * FRAME);
    for (int panel = 0; panel < panels; ++panel)
      take_columns(dy, dy_dtype, image * y_steps.image + panel * COLUMNS * y_steps.channel,
                   pixel_step, y_steps.channel, pixels, min(COLUMNS, c.outs - panel * COLUMNS),
                   turned + panel * pixels * COLUMNS);

    for (int tap = 0; tap < taps; tap += ROWS)
      for (int panel = 0; panel < panels; ++panel) {
        int at[ROWS];
#pragma unroll
        for (int i = 0; i < ROWS; ++i) at[i] = TAP_OFFSET(min(tap + i, taps - 1));
        VEC(T) sums[ROWS][VECTORS];
#pragma unroll
        for (int i = 0; i < ROWS; ++i)
#pragma unroll
          for (int v = 0; v < VECTORS; ++v) sums[i][v] = 0;
        global const T* right = turned + panel * pixels * COLUMNS;
        for (int y = 0; y < c.out_height; ++y) {
          global const T* left = frames + y * c.stride_y * c.frame_width;
          for (int column = 0; column < c.out_width;
               ++column, left += c.stride_x, right += COLUMNS) {
            VEC(T) numbers[VECTORS];
#pragma unroll
            for (int v = 0; v < VECTORS; ++v) numbers[v] = VLOAD(right + v * WIDTH);
#pragma unroll
            for (int i = 0; i < ROWS; ++i) {
              const T number = left[at[i]];
#pragma unroll
              for (int v = 0; v < VECTORS; ++v) sums[i][v] += number * numbers[v];
            }
          }
        }
        global T* to = parts + tap * filled + panel * COLUMNS;
#pragma unroll
        for (int i = 0; i < ROWS; ++i)
          if (tap + i < taps)
#pragma unroll
            for (int v = 0; v < VECTORS; ++v)
              VSTORE(VLOAD(to + i * filled + v * WIDTH) + sums[i][v], to + i * filled + v * WIDTH);
      }
  }
}
#endif
