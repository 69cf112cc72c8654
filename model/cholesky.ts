/**
 * Solves `matrix · x = right` again and again: answers a function that turns `right` into x in place.
 *
 * Shape: matrix [size × size], symmetric and positive definite; it is overwritten.
 * Errors: RangeError when it is not positive definite.
 * Cost: O(size³) once, O(size²) a solution.
 */
export function solverOf(matrix: Float64Array, size: number): (right: Float64Array) => void {
  const at = (row: number, column: number) => matrix[row * size + column] as number;
  for (let column = 0; column < size; column += 1) {
    for (let row = column; row < size; row += 1) {
      let sum = at(row, column);
      for (let before = 0; before < column; before += 1)
        sum -= at(row, before) * at(column, before);
      if (row > column) {
        matrix[row * size + column] = sum / at(column, column);
        continue;
      }
      if (!(sum > 0)) throw new RangeError('The matrix is not positive definite.');
      matrix[row * size + row] = Math.sqrt(sum);
    }
  }
  return (right) => {
    for (let row = 0; row < size; row += 1) {
      let sum = right[row] as number;
      for (let before = 0; before < row; before += 1)
        sum -= at(row, before) * (right[before] as number);
      right[row] = sum / at(row, row);
    }
    for (let row = size - 1; row >= 0; row -= 1) {
      let sum = right[row] as number;
      for (let after = row + 1; after < size; after += 1)
        sum -= at(after, row) * (right[after] as number);
      right[row] = sum / at(row, row);
    }
  };
}
