// What the check of types has to know beyond the scripts themselves; the browser never sees it.
type Recipe = import('./shared/recipe.js').Recipe;

interface Window {
  /** Once the live view has begun; scripts import it instead. */
  brain?: typeof import('./shared/brain.js').brain;
  gradio_config?: { root?: string };
  /** Once a chart was drawn. */
  Plotly?: any;
  /** A page of the guide, for its widgets. */
  guidePage?: (name: string) => Promise<string>;
}

// Which node a selector finds is said by the templates, which the check cannot read.
interface EventTarget { [name: string]: any }

// What the parts tell each other.
interface DocumentEventMap {
  /** A recipe's picture is on the screen. */
  frame: CustomEvent<Recipe>;
  /** The hand rests: the recipe of the picture. */
  rest: CustomEvent<Recipe>;
  /** Every control was set anew. */
  restored: CustomEvent<Recipe>;
  /** The picture at rest has been measured: rows of the table. */
  measured: CustomEvent<any[]>;
  /** The list shall show a direction: its key. */
  direction: CustomEvent<string>;
  /** A slider for a channel. */
  turn: CustomEvent<{ layer: number, channel: number, rgb?: boolean }>;
  /** What a lesson's step needs: names of tabs and parts. */
  unlock: CustomEvent<string[]>;
  /** The open tab shall have the whole page, or no longer. */
  wide: CustomEvent<boolean>;
  /** Whether the lessons are open now. */
  'lessons-open': CustomEvent<boolean>;
  /** The lesson's next step, 1, or the one before, -1. */
  'lesson-step': CustomEvent<number>;
  /** Whether the page is as for a projector now. */
  'present-open': CustomEvent<boolean>;
  /** Whether the lab is open now. */
  'lab-open': CustomEvent<boolean>;
  /** A lesson's step wants it open beside itself, or shut. */
  'lab-beside': CustomEvent<boolean>;
}
