#include "base/slots.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace martlet {
namespace {

TEST(Slots, AHandleToAReusedSlotFindsNothing) {
    Slots<int> slots;
    int first = 1;
    int second = 2;
    SlotHandle old = slots.add(&first);
    slots.remove(old);
    SlotHandle fresh = slots.add(&second);
    EXPECT_EQ(fresh.index, old.index);
    EXPECT_EQ(slots.find(old), nullptr);
    EXPECT_EQ(slots.find(fresh), &second);
    slots.remove(old);  // too late: the slot is somebody else's
    EXPECT_EQ(slots.find(fresh), &second);
}

TEST(Slots, HandlesOfNobody) {
    Slots<int> slots;
    EXPECT_FALSE(SlotHandle{});
    EXPECT_EQ(slots.find({}), nullptr);
    EXPECT_EQ(slots.find({7, 0}), nullptr);
    slots.remove({7, 0});
}

TEST(Slots, BehavesAsAMapOfHandles) {
    std::mt19937 random(5);
    Slots<int> slots;
    std::vector<int> objects(100);
    std::vector<std::pair<SlotHandle, int*>> live;
    std::vector<SlotHandle> gone;
    for (int step = 0; step < 5'000; step++) {
        if (random() % 2 == 0) {
            int* object = &objects[random() % objects.size()];
            live.emplace_back(slots.add(object), object);
        } else if (!live.empty()) {
            std::size_t at = random() % live.size();
            slots.remove(live[at].first);
            gone.push_back(live[at].first);
            live[at] = live.back();
            live.pop_back();
        }
    }
    for (auto& [handle, object] : live) EXPECT_EQ(slots.find(handle), object);
    for (SlotHandle handle : gone) EXPECT_EQ(slots.find(handle), nullptr);
}

}  // namespace
}  // namespace martlet
