/** Runs with round times: everything that a test asserts about them can be counted by hand. */
import type { RunScript, ScriptedBug } from "../../src/RunTimeline.ts"

export const bug = (bugId: string, afterSeconds: number): ScriptedBug => ({
  afterSeconds,
  bugId,
  title: `The bug ${bugId}`,
  description: "It is not as it should be.",
  category: "gameplay",
  severity: "high",
  confidence: "medium",
  reproductionSteps: ["Start", "Wait"],
  player: 1
})

/** 10 s in the queue, first steps at 15 s, end at 45 s. The second player fails; one bug comes after the end. */
export const crossing: RunScript = {
  testName: "Crossing, two players",
  queuedSeconds: 10,
  startingSeconds: 5,
  players: [
    [{ goal: "Open a lobby", seconds: 10 }, { goal: "Cross the bridge", seconds: 20 }],
    [{ goal: "Join the lobby", seconds: 15, result: "FAILED" }]
  ],
  bugs: [bug("bug_early", 5), bug("bug_late", 60)],
  result: "FAILED"
}
