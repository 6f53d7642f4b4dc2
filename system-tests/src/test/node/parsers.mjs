// Reads a stream with a parser from npm, and prints what it made of it: a JSON array of [event, id, data].
import { EventSource } from 'eventsource'
import { createParser } from 'eventsource-parser'

const [parser, url, ...names] = process.argv.slice(2)
const heard = []

function print() {
  process.stdout.write(JSON.stringify(heard))
}

function byEventSource() {
  const stream = new EventSource(url)
  for (const name of names) {
    stream.addEventListener(name, (event) => {
      heard.push([event.type, event.lastEventId, event.data])
      if (name === 'end') {
        stream.close()
        print()
      }
    })
  }
}

async function byParser() {
  let lastId = ''
  const reader = createParser({
    onEvent(event) {
      // The parser gives a frame's own id; the last one of any frame is its user's to keep.
      lastId = event.id ?? lastId
      heard.push([event.event ?? 'message', lastId, event.data])
    },
    onError(error) {
      throw error
    },
  })
  const answer = await fetch(url)
  for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
    reader.feed(text)
  }
  print()
}

if (parser === 'eventsource') {
  byEventSource()
} else {
  await byParser()
}
