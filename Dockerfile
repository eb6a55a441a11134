# One node. See docker-compose.yml; alone, with everything in a volume:
#
#   docker build --tag tributary .
#   docker run --volume tributary:/data --publish 127.0.0.1:8787:8787 --env TRIBUTARY_AUTH_SECRET tributary

FROM node:20-bookworm-slim AS build
# Where no ready-made better-sqlite3 can be had it is compiled.
RUN apt-get update \
  && apt-get install -y --no-install-recommends g++ make python3 \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /tributary
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
COPY client client
# Both stores, which whoever installs the package alone brings along.
RUN npm run build && node scripts/with-stores.mjs && npm prune --omit=dev

FROM node:20-bookworm-slim
# A container is reached from outside or not at all; without authentication it says so and ends.
ENV NODE_ENV=production TRIBUTARY_HOST=0.0.0.0 TRIBUTARY_PORT=8787 TRIBUTARY_DATA=/data
WORKDIR /tributary
COPY --from=build /tributary/package.json ./
COPY --from=build /tributary/node_modules node_modules
COPY --from=build /tributary/dist dist
RUN mkdir /data && chown node:node /data
USER node
EXPOSE 8787
STOPSIGNAL SIGTERM
# That it answers, not that it is ready: a node whose Redis is away still holds what others lack.
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.TRIBUTARY_PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/main.js"]
