// Zv; and Z'R for several right-hand sides: what the residuals of several problems say of every column, in one pass.
#pragma once

#include "sweep.hpp"

namespace oddsmith {

namespace detail {

// Eight columns of a panel against `count` right-hand sides, whose sums live in registers; r and out in rows of their
// own length.
template <std::size_t count, class T>
ODDSMITH_INLINE void slopes_tile(const T* a, std::ptrdiff_t stride, std::size_t m, const double* c, const double* r,
                                 std::size_t rows, std::size_t cols, double* out) {
    Four sum[count][2] = {};
    const Four centre = four(c), other = four(c + 4);
    for (std::size_t i = 0; i < m; ++i, a += stride) {
        const Four z = four(a) - centre, w = four(a + 4) - other;
        for (std::size_t k = 0; k < count; ++k) {
            const double by = r[k * rows + i];
            sum[k][0] += z * by;
            sum[k][1] += w * by;
        }
    }
    for (std::size_t k = 0; k < count; ++k)
        for (std::size_t half = 0; half < 2; ++half) {
            double* to = out + k * cols + 4 * half;
            put(to, four(to) + sum[k][half]);
        }
}

// All columns but the last few, of which it returns the first.
template <std::size_t count, class T>
ODDSMITH_INLINE std::size_t slopes_tiles(const Dense<T>& x, std::size_t start, std::size_t m, const double* c,
                                         const double* r, double* out) {
    const T* a = x.data + static_cast<std::ptrdiff_t>(start) * x.row_stride;
    const std::size_t blocks = x.cols / 8, each = blocks ? (m + blocks - 1) / blocks : 0;
    for (std::size_t b = 0; b < blocks; ++b) {
        // rows of the next panel, while this one is in cache
        for (std::size_t i = b * each; i < std::min(m, (b + 1) * each); ++i)
            ask_for_row(a + static_cast<std::ptrdiff_t>(m + i) * x.row_stride, x.cols);
        slopes_tile<count>(a + 8 * b, x.row_stride, m, c + 8 * b, r, x.rows, x.cols, out + 8 * b);
    }
    return 8 * blocks;
}

}  // namespace detail

constexpr std::size_t slopes_at_once = 6, slopes_rows = 32;  // right-hand sides; rows that they go through side by side

#define ODDSMITH_PANEL_SLOPES(T)                                                                                     \
    ODDSMITH_CLONES static void panel_slopes(const Dense<T>& x, std::size_t start, std::size_t m, const double* c,  \
                                             const double* r, std::size_t count, double* out) {                     \
        std::size_t done = 0;                                                                                        \
        switch (count) {                                                                                             \
            case 2: done = detail::slopes_tiles<2>(x, start, m, c, r, out); break;                                   \
            case 3: done = detail::slopes_tiles<3>(x, start, m, c, r, out); break;                                   \
            case 4: done = detail::slopes_tiles<4>(x, start, m, c, r, out); break;                                   \
            case 5: done = detail::slopes_tiles<5>(x, start, m, c, r, out); break;                                   \
            case 6: done = detail::slopes_tiles<6>(x, start, m, c, r, out); break;                                   \
        }                                                                                                            \
        for (std::size_t k = 0; k < count; ++k)                                                                      \
            for (std::size_t i = 0; i < m && done < x.cols; ++i) {                                                   \
                const T* a = x.data + static_cast<std::ptrdiff_t>(start + i) * x.row_stride;                         \
                for (std::size_t j = done; j < x.cols; ++j)                                                          \
                    out[k * x.cols + j] += (a[j] - c[j]) * r[k * x.rows + i];                                        \
            }                                                                                                        \
    }
ODDSMITH_PANEL_SLOPES(double)
ODDSMITH_PANEL_SLOPES(float)
#undef ODDSMITH_PANEL_SLOPES

// out[k][j] += sum_i (x_ij - c_j) / s_j r[k][i]; r: [count][rows], out: [count][cols].
template <class T>
void slopes(const Dense<T>& x, const View& view, const double* r, std::size_t count, double* out, std::size_t threads) {
    const std::size_t in_cache = panel_rows(std::max<std::size_t>(1, x.cols) * sizeof(T)), size = count * x.cols;
    const std::size_t panel = x.row_major() ? (count > 1 ? slopes_rows : in_cache) : std::max(in_cache, few_rows);
    const Parts parts(x.rows, few_rows, 4);  // few: each keeps sums of its own, in fresh memory
    threads = std::min(threads, parts.count);
    std::vector<double> sums(parts.count * size);
    in_parallel(parts.count, threads, [&](std::size_t part, std::size_t) {
        const std::size_t last = std::min(x.rows, (part + 1) * parts.rows_each);
        double* own = sums.data() + part * size;
        for (std::size_t start = part * parts.rows_each; start < last; start += panel) {
            const std::size_t m = std::min(panel, last - start);
            for (std::size_t k = 0; k < count;) {
                const std::size_t several = x.row_major() ? std::min(count - k, slopes_at_once) : 1;
                if (several > 1) panel_slopes(x, start, m, view.centre, r + k * x.rows + start, several, own + k * x.cols);
                else panel_gradient(x, start, m, view.centre, r + k * x.rows + start, own + k * x.cols);
                k += several;
            }
        }
    });
    for (std::size_t part = 0; part < parts.count; ++part)
        for (std::size_t k = 0; k < count; ++k)
            for (std::size_t j = 0; j < x.cols; ++j)
                out[k * x.cols + j] += sums[part * size + k * x.cols + j] / view.scale[j];
}

// out[i] += sum_j (x_ij - c_j) / s_j v[j].
template <class T>
void scores(const Dense<T>& x, const View& view, const double* v, double* out, std::size_t threads) {
    std::vector<double> u(x.cols);
    for (std::size_t j = 0; j < x.cols; ++j) u[j] = v[j] / view.scale[j];
    const Parts parts(x.rows, 64, 64);
    const std::size_t panel = x.row_major() ? 64 : few_rows;
    in_parallel(parts.count, threads, [&](std::size_t part, std::size_t) {
        const std::size_t last = std::min(x.rows, (part + 1) * parts.rows_each);
        for (std::size_t start = part * parts.rows_each; start < last; start += panel)
            panel_eta(x, start, std::min(panel, last - start), view.centre, u.data(), out + start);
    });
}

}  // namespace oddsmith
