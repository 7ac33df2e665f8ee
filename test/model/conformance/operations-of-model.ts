import { join } from 'node:path';
import { readdirSync } from 'node:fs';
import ts from 'typescript';

const model = join(import.meta.dirname, '../../../src/model');

/** What model code calls of tfjs without computing anything: memory, registration, shapes, reading. */
const services = new Set([
  ...['tidy', 'keep', 'dispose', 'customGrad', 'grads', 'gradients', 'engine', 'memory'],
  ...['data', 'dataSync', 'array', 'arraySync', 'buffer', 'bufferSync', 'variable', 'assign', 'save'],
  ...[
    'setBackend',
    'getBackend',
    'ready',
    'backend',
    'registerBackend',
    'registerKernel',
    'unregisterKernel',
  ],
  ...[
    'getKernel',
    'kernelFunc',
    'makeTensorFromTensorInfo',
    'assert',
    'sizeFromShape',
    'assertAndGetBroadcastShape',
    'env',
  ],
]);

/**
 * The names of all operations of tfjs that `src/model` calls, as functions (`tf.add`) or as methods of tensors
 * (`x.add`), sorted. The compiler says which calls these are. The conformance suite itself is left out.
 */
export function operationsOfModel(): readonly string[] {
  const files = readdirSync(model, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.startsWith('conformance'))
    .map((file) => join(model, file));
  const program = ts.createProgram(files, {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    skipLibCheck: true,
    types: ['node'],
  });
  const checker = program.getTypeChecker();
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const symbol = checker.getSymbolAtLocation(node.expression.name);
      const origin = symbol?.declarations?.[0]?.getSourceFile().fileName ?? '';
      if (origin.includes('node_modules/@tensorflow/')) names.add(node.expression.name.text);
    }
    ts.forEachChild(node, visit);
  };
  for (const file of files) {
    const source = program.getSourceFile(file);
    if (source) visit(source);
  }
  return [...names].filter((name) => !services.has(name)).sort();
}
