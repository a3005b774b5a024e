// The real middleware: an Express app that keeps its sessions in one store.
//
//	node app.js STORE OPTIONS
//
// OPTIONS are the middleware's own, as JSON. The app prints the port on which it
// listens on 127.0.0.1, and ends when its standard input does.
'use strict'

const express = require('express')
const session = require('express-session')

const secret = 'fixture-secret-do-not-use'

const open = {
  async redis ({ url, prefix }) {
    const { RedisStore } = require('connect-redis')
    const client = require('redis').createClient({ url }).on('error', note)
    await client.connect()
    return new RedisStore({ client, prefix })
  },
  postgres: (options) => new (require('connect-pg-simple')(session))({ ...options, errorLog: note }),
  mongo: (options) => require('connect-mongo').MongoStore.create(options),
  file: (options) => new (require('session-file-store')(session))({ ...options, logFn () {} }),
  sqlite: (options) => new (require('connect-sqlite3')(session))(options)
}

// What went wrong where no answer could tell it: after the headers were sent, or
// in a callback that a store called twice.
let errors = []
function note (err) { errors.push(String((err && err.message) || err)) }
process.on('uncaughtException', note)
process.on('unhandledRejection', note)

// The calls that requests made, in their order.
let calls = []
function watch (store) {
  for (const call of ['get', 'set', 'touch', 'destroy']) {
    const original = store[call]
    store[call] = function () {
      calls.push(call)
      return original.apply(this, arguments)
    }
  }
}

const failed = (err) => err && { message: err.message, code: err.code }

function serve (store) {
  const app = express()

  // One call of the store, without a session of the request's own. The body is a
  // session's JSON text, which becomes a session as at the start of a request.
  app.post('/store/:call/:id', express.text({ type: '*/*', limit: '2mb' }), (req, res) => {
    const { call, id } = req.params
    const args = [id]
    if (call === 'set' || call === 'touch') {
      args.push(store.createSession({ sessionStore: store, sessionID: id }, JSON.parse(req.body)))
    }
    store[call](...args, (err, value) => {
      if (!res.headersSent) res.json({ error: failed(err), value: call === 'get' && value ? JSON.stringify(value) : null })
    })
  })
  app.get('/length', (req, res) => {
    if (!store.length) return res.json(null)
    store.length((err, n) => res.status(err ? 500 : 200).json(err ? failed(err) : n))
  })
  app.post('/errors', (req, res) => { res.json(errors); errors = [] })
  app.post('/calls', (req, res) => { res.json(calls); calls = [] })

  const held = new Map()
  app.post('/release/:id', (req, res) => { held.get(req.params.id)(); res.json(null) })

  app.use(session({ store, secret, resave: false, saveUninitialized: false, proxy: true, cookie: { maxAge: 3600000 } }))

  app.post('/login', express.json({ limit: '2mb' }), (req, res, next) => req.session.regenerate((err) => {
    if (err) return next(err)
    Object.assign(req.session.cookie, req.body.cookie)
    Object.assign(req.session, req.body.data)
    req.session.save((err) => err ? next(err) : answer(req, res))
  }))
  app.post('/logout', (req, res, next) => req.session.destroy((err) => err ? next(err) : res.json(null)))

  app.use((req, res, next) => req.session.user ? next() : res.status(401).json(null))
  app.get('/me', answer)

  // These two tell that they have read the session, and go on after /release.
  app.get('/slow/me', hold, (req, res) => res.end())
  app.post('/slow/increment', hold, (req, res) => { req.session.n++; res.end() })
  function hold (req, res, next) {
    held.set(req.sessionID, next)
    res.write('loaded\n')
  }

  // The query's members go into the session with the increment.
  app.post('/increment', (req, res) => {
    req.session.n++
    Object.assign(req.session, req.query)
    answer(req, res)
  })

  app.use((err, req, res, next) => {
    note(err)
    if (!res.headersSent) res.status(500).json(failed(err))
  })
  return app
}

// The session as the request has it, before its end renews the cookie.
function answer (req, res) {
  res.type('json').send(JSON.stringify(req.session))
}

async function main ([name, options]) {
  const store = await open[name](JSON.parse(options))
  watch(store)
  const server = serve(store).listen(0, '127.0.0.1', () => console.log(server.address().port))
  process.stdin.on('end', () => process.exit()).resume()
}

main(process.argv.slice(2)).catch((err) => {
  console.error(err)
  process.exit(1)
})
