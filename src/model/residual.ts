import type * as tf from '@tensorflow/tfjs';
import { isBfloat16 } from './bfloat16/rounding.js';
import { elementTypes } from './native/element-types.js';
import { fusedOne, hasFusedOperations } from './native/fused.js';
import { operation } from './operation.js';

/** x + y of one shape, in float32, also where y is bfloat16. The gradient of both is that of the sum. */
export function residual<Shape extends tf.Tensor>(x: Shape, y: Shape): Shape {
  if (!hasFusedOperations() || !isBfloat16(y)) return x.add(y);
  return operation<Shape>({
    inputs: [x, y],
    compute: () => fusedOne('Residual', { types: { T: elementTypes.bfloat16 } }, [x, y]) as Shape,
    gradients: (dy) => [() => dy.clone(), () => dy.clone()],
  });
}
