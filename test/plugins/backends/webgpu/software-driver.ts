import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Where Chromium and Chrome keep SwiftShader, a Vulkan driver in software. */
const folders = [
  '/usr/lib/chromium',
  '/usr/lib/chromium-browser',
  '/usr/lib64/chromium',
  '/opt/google/chrome',
];

/** Why a test is skipped where {@link softwareDriver} finds nothing. */
export const noSoftwareDriver =
  'SwiftShader, a Vulkan driver in software, is not installed here. On Debian: apt-get install chromium.';

/** The environment in which Dawn finds Chromium's software driver; undefined where Chromium is not installed. */
export function softwareDriver(): Record<string, string> | undefined {
  const folder = folders.find((one) => existsSync(join(one, 'vk_swiftshader_icd.json')));
  if (folder === undefined) return undefined;
  const driver = join(folder, 'vk_swiftshader_icd.json');
  // The loader of drivers lies beside it; a library's path is read when a process starts, and at no other time.
  return { VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: folder };
}
