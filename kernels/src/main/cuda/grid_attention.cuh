// Relative positions of the tokens of a grid, split into rows and columns. Added to the score of query i and key j are
//
//   q_i . rowTable[y_i - y_j + height - 1] + q_i . columnTable[x_i - x_j + width - 1]
//
// so a query has one term per row of the grid and one per column. Both are products of the block's queries with a run of
// a table's rows, like the scores themselves; a product goes where the key row (or column) lies that it is meant for,
// into shared memory, and what is for none is dropped.
//
// Keys are taken so that a tile is a number of whole rows or lies within one: its columns are then the same in every tile,
// and so are the terms by column. Wide or high grids are taken in chunks, rows within columns, so that neither registers
// nor shared memory depend on the grid.
#pragma once
#include "attention.cuh"

namespace grid_attention {
using namespace attention;

constexpr int MOST_TERMS = 64; // of a query at a time
constexpr int TERM_STRIDE = MOST_TERMS + 4;
constexpr int TERMS = ROWS * TERM_STRIDE; // floats of the terms of a block's queries

// The grid and its tables, as the launcher packs it.
struct Grid {
    long long height, width;
    const float* rowTable;    // [2 height - 1, head width]
    const float* columnTable; // [2 width - 1, head width]
    long long aligned;        // bits below: tables whose rows start at multiples of 16 bytes
};

constexpr int ROW_TABLE_ALIGNED = 1;
constexpr int COLUMN_TABLE_ALIGNED = 2;

// Rows or columns: their table, and where the block's queries lie.
struct Axis {
    const float* table;
    int size;
    int lowest, highest; // coordinates of the block's queries
    bool aligned;

    __device__ __forceinline__ static Axis rows(const Grid& grid, const Part& part) {
        const int width = (int)grid.width;
        return {grid.rowTable, (int)grid.height, (int)part.firstQuery / width,
                ((int)part.firstQuery + part.rows - 1) / width, (grid.aligned & ROW_TABLE_ALIGNED) != 0};
    }
    __device__ __forceinline__ static Axis columns(const Grid& grid, const Part& part) {
        const int width = (int)grid.width;
        const int first = (int)part.firstQuery % width;
        const bool within = first + part.rows <= width; // one row
        return {grid.columnTable, width, within ? first : 0, within ? first + part.rows - 1 : width - 1,
                (grid.aligned & COLUMN_TABLE_ALIGNED) != 0};
    }

    // The table's rows [begin, end) are those of `count` key coordinates from `first` on.
    __device__ __forceinline__ int begin(int first, int count) const { return lowest - first - count + size; }
    __device__ __forceinline__ int end(int first) const { return highest - first + size; }

    // Keeps the product of a query at `at` with row `row` of the table in that query's terms.
    __device__ __forceinline__ void put(float* terms, float product, int at, int row, int first, int count) const {
        const int key = at + size - 1 - row - first;
        if (key >= 0 && key < count) terms[key] = product;
    }
};

// Tiles of up to `most` keys: so many rows of the grid, and of each the columns from `left` on. Their tokens follow each
// other, and in every tile the same columns lie at the same keys.
struct GridTile {
    int columns, rows;
    int inverse; // of columns, in 1/65536, rounded up: exact for keys below 64

    __device__ __forceinline__ GridTile(const Grid& grid, int left, int most) {
        columns = least(grid.width - left, most);
        columns = columns < 1 ? 1 : columns; // beyond the last column
        rows = columns == grid.width ? most / columns : 1; // parts of rows do not follow each other
        inverse = (65536 + columns - 1) / columns;
    }
    __device__ __forceinline__ int row(int key) const { return key * inverse >> 16; }
    __device__ __forceinline__ int column(int key) const { return key - row(key) * columns; }
};

} // namespace grid_attention
