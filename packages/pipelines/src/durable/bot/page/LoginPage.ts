/** The page at `/login`: a token for a session. */
import type { Markup } from "../../../report/Markup.ts"
import { markup } from "../../../report/Markup.ts"

/** Draws the form. `to` is where it leads. */
export const draw = ({ refused, to }: { readonly refused: boolean; readonly to: string }): Markup =>
  markup`<div class="card login"><h1>Log in</h1>
${refused ? markup`<p class="note bad" role="alert" id="refused">This is no token of this bot.</p>` : null}
<form method="post" action="/login">
<input type="hidden" name="to" value="${to}">
<input type="text" name="username" autocomplete="username" value="nunu release bot" hidden>
<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required${
    refused ? markup` aria-describedby="refused" aria-invalid="true"` : null
  }>
<p class="soft">One of the tokens in the bot's configuration. The session lasts twelve hours; the token itself is not kept.</p>
<p class="buttons"><button>Log in</button></p>
</form></div>`
