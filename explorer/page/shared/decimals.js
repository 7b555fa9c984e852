// Numbers as people write them: with a true minus, and without one before nothing but zeros.

/** @param {number} x @param {number} digits after the point */
export function decimal(x, digits) {
  const size = Math.abs(x).toFixed(digits);
  return x < 0 && Number(size) ? `−${size}` : size;
}

/** A change: with a plus too. @param {number} x @param {number} digits after the point */
export function signed(x, digits) {
  const written = decimal(x, digits);
  return x > 0 && Number(written) ? `+${written}` : written;
}
