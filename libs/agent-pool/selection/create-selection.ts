import type { Selection } from '../pool-options.js';
import type { AgentSelection } from './agent-selection.js';
import { LeastLoadedSelection } from './least-loaded-selection.js';
import { PerformanceBasedSelection } from './performance-based-selection.js';
import { ResourceAwareSelection } from './resource-aware-selection.js';
import { RoundRobinSelection } from './round-robin-selection.js';

const SELECTION_CLASSES: Readonly<Record<Selection, new () => AgentSelection>> = {
  'round-robin': RoundRobinSelection,
  'least-loaded': LeastLoadedSelection,
  'performance-based': PerformanceBasedSelection,
  'resource-aware': ResourceAwareSelection,
};

export function createSelection(selection: Selection): AgentSelection {
  return new SELECTION_CLASSES[selection]();
}
