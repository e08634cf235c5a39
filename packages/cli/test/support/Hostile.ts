import type { RunTimeline } from "@nunu-effect/emulator"

/** A short run whose words try to steer the terminal. */
export const hostile: RunTimeline.RunScript = {
  testName: "\u001b]0;owned\u0007Tutorial\r\n",
  queuedSeconds: 0,
  startingSeconds: 0,
  players: [[{ goal: "\u001b[2Jopen\u202e the chest", seconds: 0.1 }]],
  bugs: [{
    afterSeconds: 0,
    bugId: "bug_1",
    title: "gone\u001b[1A\u001b[2K\r\n\u001b[32mPASSED\u202e",
    description: "",
    category: "ui",
    severity: "critical",
    confidence: "high",
    reproductionSteps: [],
    player: 0
  }],
  result: "SUCCESS"
}
