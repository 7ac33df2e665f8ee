import { define } from '../../base/diagnostic-table.js';

/** Things that can be read, but stand where they do not belong, twice, or not at all. */
export const structureDiagnostics = {
  'missing-version': define<object>({
    severity: 'error',
    message: () =>
      'The file does not say which version of the language it is written in. Begin it with "hpl 1".',
  }),
  'unsupported-version': define<{ version: string }>({
    severity: 'error',
    message: ({ version }) =>
      `The file is written in version ${version} of the language; this hpl reads version 1. ` +
      'Write "hpl 1", or install the hpl that reads it.',
  }),
  'missing-pipeline': define<object>({
    severity: 'error',
    message: () => 'The file holds no pipeline. Add "pipeline name { … }".',
  }),
  'second-pipeline': define<{ name: string }>({
    severity: 'error',
    message: ({ name }) =>
      `"${name}" is a second pipeline in this file; a file holds one. Move it to a file of its own.`,
  }),
  'missing-block-name': define<{ kind: string }>({
    severity: 'error',
    message: ({ kind }) =>
      `This ${kind} block has no name, so no other stage can refer to it. Write "${kind} some_name { … }".`,
  }),
  'misplaced-item': define<{ what: string; where: string; belongs: string }>({
    severity: 'error',
    message: ({ what, where, belongs }) => `Found ${what} ${where}. It belongs ${belongs}.`,
  }),
  'not-supported': define<{ word: string }>({
    severity: 'error',
    message: ({ word }) =>
      `"${word}" is not supported yet. Write one pipeline file for each variant, or use "param" with --set.`,
  }),
  'duplicate-setting': define<{ key: string }>({
    severity: 'error',
    message: ({ key }) => `"${key}" is set twice. Keep one of the two.`,
  }),
  'duplicate-name': define<{ name: string; first: string }>({
    severity: 'error',
    message: ({ name, first }) =>
      `There is a ${first} named "${name}" already. Give each its own name, since references go by name.`,
  }),
  'missing-setting': define<{ message: string; owner: string }>({
    severity: 'error',
    message: ({ message, owner }) => `${message} Add it to ${owner}.`,
  }),
  'plugin-load-failed': define<{ path: string; reason: string }>({
    severity: 'error',
    message: ({ path, reason }) => `"${path}" gives no plugin. ${reason}`,
  }),
  'plugin-failed': define<{ plugin: string; reason: string }>({
    severity: 'error',
    message: ({ plugin, reason }) =>
      `The plugin "${plugin}" failed while its settings were checked: ${reason} This is a mistake in the plugin.`,
  }),
} as const;
