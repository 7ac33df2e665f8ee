import { crc32 } from 'node:zlib';

/** One file in an archive. */
export interface ZippedFile {
  readonly name: string;
  readonly content: string | Uint8Array;
  /** Unix permissions; 0o644 where absent. */
  readonly mode?: number;
}

/** A zip archive with its files stored as they are. */
export function zipFile(files: readonly ZippedFile[]): Buffer {
  const locals: Buffer[] = [];
  const entries: Buffer[] = [];
  let offset = 0;
  for (const { name, content, mode = 0o644 } of files) {
    const [path, data] = [Buffer.from(name), Buffer.from(content as Uint8Array)];
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(path.length, 22);
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), common, path, data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE((mode * 0x10000) >>> 0, 6);
    tail.writeUInt32LE(offset, 10);
    entries.push(Buffer.concat([Buffer.from('PK\u0001\u0002'), Buffer.from([20, 3]), common, tail, path]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006');
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

/** A wheel with everything that setup takes from a real one, in few bytes. */
export const smallWheel = zipFile([
  { name: 'tensorflow/libtensorflow_cc.so.2', content: 'main library' },
  { name: 'tensorflow/libtensorflow_framework.so.2', content: 'framework library' },
  { name: 'tensorflow/include/tensorflow/c/c_api.h', content: '// C interface' },
  {
    name: 'tensorflow/include/tensorflow/core/common_runtime/next_pluggable_device/c/tf_rendezvous_c_api.h',
    content: '// for own operations',
  },
  { name: 'tensorflow/include/tensorflow/core/common_runtime/device.h', content: '// not needed' },
  { name: 'tensorflow/include/Eigen/Core.h', content: '// not needed' },
  { name: 'tensorflow/python/keras.py', content: '# not needed' },
]);
