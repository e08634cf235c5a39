/**
 * What runs in a page of a bot: when something has happened, it asks for the page again and puts in what the server now
 * writes differently. What somebody has typed or opened stays, as long as the server has nothing new for that part. A bot
 * that is away, or answers with an error, is asked again every five seconds.
 */
export const script = `
const main = document.querySelector("main")
const live = document.getElementById("live")
const parts = new Map(Array.from(document.querySelectorAll("[data-live]"), (part) => [part.id, part.innerHTML]))
let source, timer, retry, busy = false, over = false, place = main.dataset.after
const end = () => { over = true; source?.close(); live.hidden = true }
const say = (text, on = false) => { live.hidden = false; live.textContent = text; live.classList.toggle("on", on) }
const show = (next) => {
  document.title = next.title
  if (!next.querySelector("main").dataset.events) end()
  const focused = document.activeElement && document.activeElement.id
  for (const [id, before] of parts) {
    const part = document.getElementById(id), fresh = next.getElementById(id)
    if (!fresh || fresh.innerHTML === before) continue
    parts.set(id, fresh.innerHTML)
    part.innerHTML = fresh.innerHTML
  }
  const again = focused && document.getElementById(focused)
  if (again && document.activeElement === document.body) again.focus()
}
const refresh = async () => {
  busy = true
  try {
    const answer = await fetch(location.href, { redirect: "manual" })
    if (answer.type === "opaqueredirect") return location.reload()
    if (answer.ok) show(new DOMParser().parseFromString(await answer.text(), "text/html"))
  } catch {} finally { busy = false }
}
const later = () => {
  timer ??= setTimeout(() => { timer = undefined; busy ? later() : refresh() }, 400)
}
const follow = () => {
  clearTimeout(retry)
  if (over || document.hidden) return
  source = new EventSource(main.dataset.events + "?after=" + place)
  source.onopen = () => say("live", true)
  source.onerror = () => {
    say("connecting…")
    if (source.readyState === EventSource.CLOSED) { later(); retry = setTimeout(follow, 5000) }
  }
  for (const kind of main.dataset.kinds.split(" ")) {
    source.addEventListener(kind, ({ lastEventId }) => {
      place = lastEventId
      later()
      if (kind === "Ended" && main.dataset.events !== "/events") end()
    })
  }
}
document.addEventListener("visibilitychange", () => {
  source?.close()
  if (!document.hidden) { follow(); later() }
})
addEventListener("pagehide", () => source?.close())
addEventListener("pageshow", ({ persisted }) => { if (persisted) location.reload() })
follow()
`
