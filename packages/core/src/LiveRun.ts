/**
 * A live view of a run: what each player sees and does at the moment of asking.
 * Source: the vendor's page "Get Live Run".
 */
import * as Schema from "effect/Schema"
import { Named, RunId, RunState } from "./Run.ts"
import * as Wire from "./Wire.ts"

/** What is on a player's screen: `data` in `encoding`, which is base64. */
export const Screenshot = Schema.Struct({
  data: Schema.String,
  mimeType: Wire.nullable(Schema.String),
  encoding: Wire.nullable(Schema.String)
})
export type Screenshot = typeof Screenshot.Type

/** The last thing that an agent did, or is at. */
export const AgentStep = Schema.Struct({
  agent: Wire.nullable(Schema.String),
  step: Wire.nullable(Schema.Finite),
  saveData: Wire.nullable(Schema.Unknown),
  startTime: Wire.timestamp
}).pipe(Wire.encodeKeys({ saveData: "save_data", startTime: "start_time" }))
export type AgentStep = typeof AgentStep.Type

export const LivePlayer = Schema.Struct({
  playerNumber: Wire.nullable(Schema.Finite),
  compositeRunId: Wire.nullable(Schema.String),
  currentRunId: Wire.nullable(Schema.String),
  currentStep: Wire.nullable(Schema.Finite),
  gameState: Wire.nullable(Schema.Unknown),
  /** Null unless it was asked for. */
  screenshot: Wire.nullable(Screenshot),
  lastAgentStep: Wire.nullable(AgentStep)
}).pipe(Wire.encodeKeys({
  playerNumber: "player_number",
  compositeRunId: "composite_run_id",
  currentRunId: "current_run_id",
  currentStep: "current_step",
  gameState: "game_state",
  lastAgentStep: "last_agent_step"
}))
export type LivePlayer = typeof LivePlayer.Type

export const LiveRun = Schema.Struct({
  runId: RunId,
  state: RunState,
  test: Wire.nullable(Named),
  players: Wire.list(LivePlayer)
}).pipe(Wire.encodeKeys({ runId: "multiplayer_run_id" }))
export type LiveRun = typeof LiveRun.Type
