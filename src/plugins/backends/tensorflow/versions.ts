/** The TensorFlow whose libraries do the computing. */
export const tensorflowVersion = '2.21.0';

/** The npm package whose JavaScript and C++ sources join TensorFlow to tfjs; it must be the version of tfjs itself. */
export const bindingVersion = '4.22.0';
