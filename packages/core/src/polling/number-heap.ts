/** Adds a number to a binary heap. */
export function pushNumber(heap: number[], value: number): void {
  let slot = heap.length;
  heap.push(value);
  while (slot > 0) {
    const parent = (slot - 1) >> 1;
    const above = heap[parent] ?? value;
    if (above <= value) break;
    heap[slot] = above;
    slot = parent;
  }
  heap[slot] = value;
}

/** Takes the least number out of a binary heap. */
export function popLeast(heap: number[]): void {
  const value = heap.pop();
  if (value === undefined || heap.length === 0) return;
  let slot = 0;
  for (;;) {
    let child = 2 * slot + 1;
    const left = heap[child] ?? Infinity;
    const right = heap[child + 1] ?? Infinity;
    const least = Math.min(left, right);
    if (right < left) child += 1;
    if (least >= value) break;
    heap[slot] = least;
    slot = child;
  }
  heap[slot] = value;
}
