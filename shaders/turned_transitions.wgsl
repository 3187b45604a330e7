// Drawn transitions out of one segment of each field of a replay, each turned by an element of a group of signed
// permutations: actions, outcomes and observations.
//
// The table has for each element the entries of an action (A) and of an observation (S): entry e of W numbers is
// number e of the row that is read, entry W + e the same with the other sign. Where `chained`, a row outside its
// segment keeps what other segments gave; otherwise the last row is used.
//
// binding 0  uniform     Turned
// binding 1  read_write  f32[]  actions [B, A] a replica
// binding 2  read_write  f32[]  outcomes [2, B] a replica: rewards, then ends
// binding 3  read_write  f32[]  observations [2, B, S] a replica: before, then after the transitions
// binding 4  read        u32[]  drawn [B, 4] a replica: number of the transition, rows before and after it, element
// binding 5  read        u32[]  the table [G, A + S] a replica
// binding 6  read        f32[]  the segment of actions [n, A] a replica
// binding 7  read        f32[]  the segment of outcomes [n, 2] a replica
// binding 8  read        f32[]  the segment of observations [n, S] a replica
// grid       one invocation an element of the three outputs, in that order, in workgroups of 64 in x; replicas in y

struct Turned {
  batch: u32,
  action_size: u32,
  observation_size: u32,
  elements: u32,
  first_action: u32,
  first_outcome: u32,
  first_row: u32,
  action_count: u32,
  outcome_count: u32,
  row_count: u32,
  action_offset: u32,
  action_stride: u32,
  outcome_offset: u32,
  outcome_stride: u32,
  observation_offset: u32,
  observation_stride: u32,
  drawn_offset: u32,
  drawn_stride: u32,
  table_offset: u32,
  table_stride: u32,
  actions_offset: u32,
  actions_stride: u32,
  outcomes_offset: u32,
  outcomes_stride: u32,
  rows_offset: u32,
  rows_stride: u32,
}

@group(0) @binding(0) var<uniform> u: Turned;
@group(0) @binding(1) var<storage, read_write> action: array<f32>;
@group(0) @binding(2) var<storage, read_write> outcome: array<f32>;
@group(0) @binding(3) var<storage, read_write> observation: array<f32>;
@group(0) @binding(4) var<storage, read> drawn: array<u32>;
@group(0) @binding(5) var<storage, read> table: array<u32>;
@group(0) @binding(6) var<storage, read> actions: array<f32>;
@group(0) @binding(7) var<storage, read> outcomes: array<f32>;
@group(0) @binding(8) var<storage, read> rows: array<f32>;

override chained: bool = false;

// A number's row in a segment; a number before the segment wraps around to a large row.
fn row_of(number: u32, first: u32, count: u32) -> u32 {
  return select(min(number - first, count - 1u), number - first, chained);
}

@compute @workgroup_size(64)
fn read_turned(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let replica = group.y;
  let drawn_at = u.drawn_offset + replica * u.drawn_stride;
  let table_at = u.table_offset + replica * u.table_stride;
  let width = u.action_size + u.observation_size;
  var i = 64u * group.x + lane;
  if (i < u.batch * u.action_size) {
    let transition = drawn_at + 4u * (i / u.action_size);
    let row = row_of(drawn[transition], u.first_action, u.action_count);
    if (row < u.action_count) {
      let turn = table_at + min(drawn[transition + 3u], u.elements - 1u) * width;
      let entry = table[turn + i % u.action_size];
      let value =
        actions[u.actions_offset + replica * u.actions_stride + row * u.action_size + entry % u.action_size];
      action[u.action_offset + replica * u.action_stride + i] = select(value, -value, entry >= u.action_size);
    }
    return;
  }
  i -= u.batch * u.action_size;
  if (i < 2u * u.batch) {
    let row = row_of(drawn[drawn_at + 4u * (i % u.batch)], u.first_outcome, u.outcome_count);
    if (row < u.outcome_count) {
      outcome[u.outcome_offset + replica * u.outcome_stride + i] =
        outcomes[u.outcomes_offset + replica * u.outcomes_stride + 2u * row + i / u.batch];
    }
    return;
  }
  i -= 2u * u.batch;
  if (i < 2u * u.batch * u.observation_size) {
    let transition = i / u.observation_size;
    let at = drawn_at + 4u * (transition % u.batch);
    let row = row_of(drawn[at + 1u + transition / u.batch], u.first_row, u.row_count);
    if (row < u.row_count) {
      let turn = table_at + min(drawn[at + 3u], u.elements - 1u) * width;
      let entry = table[turn + u.action_size + i % u.observation_size];
      let value =
        rows[u.rows_offset + replica * u.rows_stride + row * u.observation_size + entry % u.observation_size];
      observation[u.observation_offset + replica * u.observation_stride + i] =
        select(value, -value, entry >= u.observation_size);
    }
  }
}
