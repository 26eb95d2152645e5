// SPDX-License-Identifier: Apache-2.0
// The tables of a store: windows, a row per originator in each, and what sums them up.
//
// Written for who asks with sqlite3 as well: times are nanoseconds since 1970 (datetime(start / 1000000000,
// 'unixepoch')), addresses stand as octets to be searched and as text to be read. What is not known is null. The order
// of the key decides the speed: window first, rows sorted by originator, so that a window is one stretch of the file;
// the history of an originator looks into each of few windows (`FROM window CROSS JOIN originator`).
#pragma once

#include "analytics/formats/database.hpp"

namespace echotap {

/// Made where a store has none, as those of earlier programs: what their windows are of counts as finished.
inline constexpr const char* finished_table = R"(
CREATE TABLE finished( -- captures of which every window was put; others are read again
  site TEXT NOT NULL, view TEXT NOT NULL, length INTEGER NOT NULL, families TEXT NOT NULL, digest BLOB NOT NULL,
  PRIMARY KEY(site, view, length, families, digest)
) STRICT, WITHOUT ROWID;
INSERT INTO finished SELECT DISTINCT site, view, length, families, digest
  FROM window JOIN source ON source.window = window.id WHERE is_running = 0;
)";

inline constexpr DatabaseKind store_kind{.what = "the store",
                                         .application_id = 0x4563'6873,  // "Echs"
                                         .version = 1,
                                         .schema = R"(
CREATE TABLE model(
  digest TEXT PRIMARY KEY, -- of its file
  method TEXT NOT NULL, program TEXT NOT NULL, date TEXT NOT NULL, learning_digest TEXT NOT NULL,
  notice TEXT NOT NULL -- to be said wherever its classes are shown
) STRICT, WITHOUT ROWID;

CREATE TABLE window(
  id INTEGER PRIMARY KEY,
  site TEXT NOT NULL, view TEXT NOT NULL, -- the authorities; empty: all
  length INTEGER NOT NULL, -- seconds; 0: from the first frame of a capture to the last
  families TEXT NOT NULL, -- of originators: all, v4 or v6
  start INTEGER NOT NULL, end INTEGER NOT NULL,
  revision INTEGER NOT NULL, -- of its rows
  is_running INTEGER NOT NULL, -- 1: the window had not ended
  complete TEXT NOT NULL, gaps TEXT NOT NULL, -- yes, no or unknown, and why not yes
  frames INTEGER NOT NULL, reverse INTEGER NOT NULL, minimised INTEGER NOT NULL, repeats INTEGER NOT NULL,
  late INTEGER NOT NULL, queue_drops INTEGER NOT NULL, refused INTEGER NOT NULL, evicted INTEGER NOT NULL,
  sampling INTEGER NOT NULL, -- one frame in so many
  is_estimated INTEGER NOT NULL, is_bound_reached INTEGER NOT NULL,
  originators INTEGER NOT NULL, queriers INTEGER NOT NULL, networks INTEGER, countries INTEGER,
  eligible INTEGER NOT NULL, -- originators with enough queriers; rows there are for the largest of them
  model TEXT NOT NULL REFERENCES model(digest),
  feature_table TEXT NOT NULL, -- digest of names, units and formulas, in the order of `features`
  whole TEXT, -- its file in the folder of windows
  UNIQUE(site, view, length, families, start)
) STRICT;

CREATE TABLE source(
  window INTEGER NOT NULL REFERENCES window(id), digest BLOB NOT NULL,
  PRIMARY KEY(window, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE originator(
  window INTEGER NOT NULL REFERENCES window(id),
  address BLOB NOT NULL, prefix INTEGER NOT NULL, -- 16 octets, IPv4 as ::ffff:a.b.c.d; bits of these
  text TEXT NOT NULL,
  rank INTEGER NOT NULL,
  class TEXT NOT NULL, -- or `unknown`
  likeliest TEXT NOT NULL, probability REAL NOT NULL, next TEXT NOT NULL, next_probability REAL NOT NULL,
  familiarity REAL NOT NULL,
  is_provisional INTEGER NOT NULL, -- too few of the names of its queriers were known
  is_sampled INTEGER NOT NULL,
  footprint REAL NOT NULL, queries INTEGER NOT NULL, countries REAL, networks REAL,
  first INTEGER NOT NULL, last INTEGER NOT NULL, names_known REAL NOT NULL,
  largest TEXT NOT NULL, -- JSON: countries, networks and names of most queriers, with their shares
  features BLOB NOT NULL, -- float32, little endian; NaN: not known
  PRIMARY KEY(window, address, prefix)
) STRICT, WITHOUT ROWID;
CREATE INDEX originator_rank ON originator(window, rank);

CREATE TABLE class_mix(
  window INTEGER NOT NULL REFERENCES window(id), class TEXT NOT NULL,
  n INTEGER NOT NULL, queries INTEGER NOT NULL,
  added INTEGER, gone INTEGER, -- against the window before it; null: there was none
  PRIMARY KEY(window, class)
) STRICT, WITHOUT ROWID;
)",
                                         .is_durable = true,
                                         .is_checked_whole = false};

}  // namespace echotap
