/** TensorFlow's numbers for types of elements. */
export const elementTypes = { float32: 1, int32: 3, bfloat16: 14 } as const;

/** A type of elements that TensorFlow is asked for by number. */
export type ElementType = keyof typeof elementTypes;
