/** The run that is played unless a script says otherwise: two players, some bugs, about 15 seconds. */
import type { RunScript, ScriptedBug } from "./RunScript.ts"

/** Makes the script of a run by its seed: the same each time, and another one for the next seed. */
export const lively = (seed: number): RunScript => {
  const quest = quests[seed % quests.length] ?? quests[0]
  return {
    testName: quest.name,
    queuedSeconds: 1,
    startingSeconds: 1,
    players: [
      quest.host.map((goal, index) => ({
        goal,
        seconds: 1.5 + ((seed + index) % 3) * 0.5,
        ...(goal === quest.failsAt ? { result: "FAILED" } : {})
      })),
      quest.guest.map((goal, index) => ({ goal, seconds: 2 + ((seed + index) % 2) }))
    ],
    bugs: quest.bugs,
    result: quest.failsAt === undefined ? "SUCCESS" : "FAILED"
  }
}

interface Quest {
  readonly name: string
  readonly host: ReadonlyArray<string>
  readonly guest: ReadonlyArray<string>
  /** The goal that the first player does not reach. */
  readonly failsAt?: string
  readonly bugs: ReadonlyArray<ScriptedBug>
}

const quests: readonly [Quest, ...Array<Quest>] = [
  {
    name: "Tutorial island, two players",
    host: ["Create a character", "Open a lobby", "Cross the rope bridge", "Beat the crab king", "Open the chest"],
    guest: ["Create a character", "Join the lobby", "Revive the other player", "Open the map"],
    bugs: [
      {
        afterSeconds: 3,
        bugId: "bug_lobby_label",
        title: "Lobby code overlaps the player list at 16:10",
        description: "The six letters of the lobby code are drawn over the first player's name.",
        category: "ui",
        severity: "low",
        confidence: "high",
        reproductionSteps: ["Open a lobby", "Set the resolution to 1280x800"],
        player: 0
      },
      {
        afterSeconds: 7,
        bugId: "bug_bridge_fall",
        title: "Player falls through the rope bridge when sprinting",
        description: "Sprinting over the third plank drops the player into the river.",
        category: "gameplay",
        severity: "medium",
        confidence: "high",
        reproductionSteps: ["Walk to the rope bridge", "Sprint over the third plank"],
        player: 0
      },
      {
        afterSeconds: 9,
        bugId: "bug_map_hitch",
        title: "Opening the map freezes the picture for half a second",
        description: "The frame time rises to 520 ms while the map loads.",
        category: "performance",
        severity: "medium",
        confidence: "medium",
        reproductionSteps: ["Open the map for the first time"],
        player: 1
      }
    ]
  },
  {
    name: "Market day",
    host: ["Load the harbour", "Buy a lantern", "Sell three pearls", "Pay the harbour fee", "Leave by boat"],
    guest: ["Load the harbour", "Find the trader", "Give the other player ten coins", "Wave from the pier"],
    bugs: [
      {
        afterSeconds: 4,
        bugId: "bug_lantern_price",
        title: "The lantern is sold for -1 coins",
        description: "After the second discount the price wraps around.",
        category: "gameplay",
        severity: "high",
        confidence: "medium",
        reproductionSteps: ["Talk to the trader twice", "Buy a lantern"],
        player: 0
      }
    ]
  },
  {
    name: "Night dive",
    host: ["Put on the diving suit", "Jump", "Find the wreck", "Open the captain's safe", "Swim back to the ship"],
    guest: ["Lower the ladder", "Keep the lamp on", "Warn of the shark", "Pull the rope"],
    failsAt: "Open the captain's safe",
    bugs: [
      {
        afterSeconds: 5,
        bugId: "bug_safe_crash",
        title: "The game closes when the safe is opened under water",
        description: "The process ends without a message as the lid begins to move.",
        category: "crash",
        severity: "critical",
        confidence: "high",
        reproductionSteps: ["Dive to the wreck", "Open the captain's safe"],
        player: 0
      },
      {
        afterSeconds: 6,
        bugId: "bug_bubble_sound",
        title: "Bubbles are heard above water",
        description: "The loop of the bubbles does not end on the surface.",
        category: "audio",
        severity: "low",
        confidence: "low",
        reproductionSteps: ["Dive", "Come up again"],
        player: 1
      }
    ]
  },
  {
    name: "Arena, one round",
    host: ["Choose a team", "Find the flag", "Carry it home", "Hold it for three seconds", "Win the round"],
    guest: ["Choose the other team", "Guard the flag", "Lose the flag", "Congratulate the winner"],
    bugs: []
  }
]
