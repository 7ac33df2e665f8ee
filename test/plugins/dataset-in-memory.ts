import { saveDatasetDescription, type Dataset } from '../../src/plugins/dataset-artifact.js';
import { RowWriter, type TokenRows } from '../../src/plugins/dataset-rows.js';

/** Writes a data set into the folder of an artifact. */
export async function saveDataset(folder: string, dataset: Dataset): Promise<void> {
  for (const part of ['train', 'validation'] as const) {
    const rows = dataset[part];
    const writer = new RowWriter(folder, part);
    try {
      for (let index = 0; index < rows.count; index += 1) writer.append(rows.row(index));
    } finally {
      writer.close();
    }
  }
  const { train, validation, ...rest } = dataset;
  await saveDatasetDescription(folder, {
    ...rest,
    trainRows: train.count,
    validationRows: validation.count,
  });
}

/** Rows in memory, one after the other in both arrays. */
export function rowsInMemory(context: number, tokens: Int32Array, scored: Uint8Array): TokenRows {
  return {
    context,
    count: tokens.length / context,
    row: (index) => ({
      tokens: tokens.subarray(index * context, (index + 1) * context),
      scored: scored.subarray(index * context, (index + 1) * context),
    }),
  };
}
