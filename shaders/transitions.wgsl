// Drawn transitions out of one segment of each field of a replay: actions, outcomes and observations.
//
// Where `turned`, each is turned by an element of a group of signed permutations. The table has for each element the
// entries of an action (A) and of an observation (S): entry e of W numbers is number e of the row that is read, entry
// W + e the same with the other sign. Where `chained`, a row outside its segment keeps what other segments gave;
// otherwise the last row is used.
//
// grid       one invocation per element of the three outputs, in that order, in workgroups of 64 in x; replicas in y

struct Transitions {
  batch: u32,
  actionSize: u32,
  observationSize: u32,
  drawnSize: u32,
  elements: u32,
  firstAction: u32,
  firstOutcome: u32,
  firstRow: u32,
  actionCount: u32,
  outcomeCount: u32,
  rowCount: u32,
  action: vec2<u32>,
  outcome: vec2<u32>,
  observation: vec2<u32>,
  drawn: vec2<u32>,
  table: vec2<u32>,
  actions: vec2<u32>,
  outcomes: vec2<u32>,
  rows: vec2<u32>,
}

@group(0) @binding(0) var<uniform> u: Transitions;
@group(0) @binding(1) var<storage, read_write> action: array<f32>; // [B, A] per replica
@group(0) @binding(2) var<storage, read_write> outcome: array<f32>; // [2, B] per replica: rewards, then ends
@group(0) @binding(3) var<storage, read_write> observation: array<f32>; // [2, B, S] per replica: before, then after
// [B, drawnSize] per replica: number of the transition, rows before and after it, and, where turned, the element
@group(0) @binding(4) var<storage, read> drawn: array<u32>;
@group(0) @binding(5) var<storage, read> table: array<u32>; // [elements, A + S] per replica, where turned
@group(0) @binding(6) var<storage, read> actions: array<f32>; // the segment [actionCount, A] per replica
@group(0) @binding(7) var<storage, read> outcomes: array<f32>; // the segment [outcomeCount, 2] per replica
@group(0) @binding(8) var<storage, read> rows: array<f32>; // the segment [rowCount, S] per replica

override chained: bool = false;
override turned: bool = false;

// A number's row in a segment; a number before the segment wraps around to a large row.
fn row_of(number: u32, first: u32, count: u32) -> u32 {
  return select(min(number - first, count - 1u), number - first, chained);
}

// Entry k of what a transition's element makes of a row: of an action from `skip` 0 on, of an observation from A on.
fn entry_of(replica: u32, transition: u32, skip: u32, k: u32) -> u32 {
  if (!turned) {
    return k;
  }
  let element = min(drawn[transition + 3u], u.elements - 1u);
  return table[u.table.x + replica * u.table.y + element * (u.actionSize + u.observationSize) + skip + k];
}

@compute @workgroup_size(64)
fn read_transitions(@builtin(global_invocation_id) id: vec3<u32>) {
  let replica = id.y;
  let start = u.drawn.x + replica * u.drawn.y;
  var i = id.x;
  if (i < u.batch * u.actionSize) {
    let transition = start + u.drawnSize * (i / u.actionSize);
    let row = row_of(drawn[transition], u.firstAction, u.actionCount);
    if (row < u.actionCount) {
      let entry = entry_of(replica, transition, 0u, i % u.actionSize);
      let at = u.actions.x + replica * u.actions.y + row * u.actionSize;
      let value = actions[at + entry % u.actionSize];
      action[u.action.x + replica * u.action.y + i] = select(value, -value, entry >= u.actionSize);
    }
    return;
  }
  i -= u.batch * u.actionSize;
  if (i < 2u * u.batch) {
    let row = row_of(drawn[start + u.drawnSize * (i % u.batch)], u.firstOutcome, u.outcomeCount);
    if (row < u.outcomeCount) {
      let at = u.outcomes.x + replica * u.outcomes.y + 2u * row;
      outcome[u.outcome.x + replica * u.outcome.y + i] = outcomes[at + i / u.batch];
    }
    return;
  }
  i -= 2u * u.batch;
  if (i < 2u * u.batch * u.observationSize) {
    let number = i / u.observationSize;
    let transition = start + u.drawnSize * (number % u.batch);
    let row = row_of(drawn[transition + 1u + number / u.batch], u.firstRow, u.rowCount);
    if (row < u.rowCount) {
      let entry = entry_of(replica, transition, u.actionSize, i % u.observationSize);
      let at = u.rows.x + replica * u.rows.y + row * u.observationSize;
      let value = rows[at + entry % u.observationSize];
      observation[u.observation.x + replica * u.observation.y + i] = select(value, -value, entry >= u.observationSize);
    }
  }
}
