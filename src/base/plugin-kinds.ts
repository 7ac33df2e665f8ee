/** What a stage hands to the stages that name it. */
export type ArtifactType = 'model' | 'dataset' | 'report' | 'folder';

/** What can stand at an `x-plugin` place. */
export type ComponentKind =
  | 'feature-map'
  | 'mix'
  | 'objective'
  | 'optimizer'
  | 'adapter'
  | 'dropout'
  | 'task'
  | 'branch'
  | 'source'
  | 'backend';
