// Z'R for several right-hand sides: what the residuals of several problems say of every column, in one pass.
#pragma once

#include "sweep.hpp"

namespace oddsmith {

// out[k][j] += sum_i (x_ij - c_j) / s_j r[k][i]; r: [count][rows], out: [count][cols].
template <class T>
void slopes(const Dense<T>& x, const View& view, const double* r, std::size_t count, double* out, std::size_t threads) {
    const std::size_t panel = panel_rows(std::max<std::size_t>(1, x.cols) * sizeof(T)), size = count * x.cols;
    const Parts parts(x.rows, 256, 16);
    threads = std::min(threads, parts.count);
    std::vector<double> sums(parts.count * size);
    in_parallel(parts.count, threads, [&](std::size_t part, std::size_t) {
        const std::size_t last = std::min(x.rows, (part + 1) * parts.rows_each);
        for (std::size_t start = part * parts.rows_each; start < last; start += panel)
            for (std::size_t k = 0; k < count; ++k)
                panel_gradient(x, start, std::min(panel, last - start), view.centre, r + k * x.rows + start,
                               sums.data() + part * size + k * x.cols);
    });
    for (std::size_t part = 0; part < parts.count; ++part)
        for (std::size_t k = 0; k < count; ++k)
            for (std::size_t j = 0; j < x.cols; ++j)
                out[k * x.cols + j] += sums[part * size + k * x.cols + j] / view.scale[j];
}

}  // namespace oddsmith
