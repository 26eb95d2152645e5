// SPDX-License-Identifier: Apache-2.0
#include "dataplane/dpdk/mbuf_frames.hpp"

#include <algorithm>

namespace echotap {

MbufFrames::MbufFrames(TimeField field, const PortDigits& digits, BurstTaker& taker)
    : field_(field), digits_(digits), taker_(taker), scratch_(scratch_size) {
}

/// The octets of a frame in several mbufs, put together in scratch_. REQUIRES: they fit, or scratch_ is unused, in
/// which case the frame is cut as if by a snap length.
Octets MbufFrames::gather(const rte_mbuf& mbuf) {
    const auto size = std::min<std::size_t>(mbuf.pkt_len, scratch_.size() - scratch_used_);
    std::uint8_t* const to = scratch_.data() + scratch_used_;
    scratch_used_ += size;
    return {static_cast<const std::uint8_t*>(rte_pktmbuf_read(&mbuf, 0, static_cast<std::uint32_t>(size), to)), size};
}

void MbufFrames::feed(std::span<rte_mbuf*> mbufs) {
    std::size_t count = 0;
    scratch_used_ = 0;
    for (std::size_t i = 0; i < mbufs.size(); ++i) {
        rte_mbuf& mbuf = *mbufs[i];
        Octets octets;
        if (mbuf.nb_segs == 1) {
            octets = {rte_pktmbuf_mtod(&mbuf, const std::uint8_t*), mbuf.data_len};
        } else {
            if (mbuf.pkt_len > scratch_.size() - scratch_used_) {
                taker_.feed({frames_.data(), count});
                count = 0;
                scratch_used_ = 0;
            }
            octets = gather(mbuf);
        }
        Frame& frame = frames_[count++];
        frame.octets = octets.data();
        frame.captured = static_cast<std::uint32_t>(octets.size());
        frame.length = mbuf.pkt_len;
        frame.time = Timestamp(std::chrono::nanoseconds(static_cast<std::int64_t>(field_.of(mbuf))));
        frame.clock = reached_ = clock_.advance(frame.time);
        frame.link = LinkType::ethernet;
        frame.time_digits = digits_[mbuf.port];
        frame.sequence = static_cast<std::uint32_t>(i);
    }
    taker_.feed({frames_.data(), count});
    rte_pktmbuf_free_bulk(mbufs.data(), static_cast<unsigned>(mbufs.size()));
}

void MbufFrames::idle(std::optional<Timestamp> now) {
    if (now) {
        reached_ = clock_.advance(*now);
    }
    taker_.idle(reached_);
}

}  // namespace echotap
