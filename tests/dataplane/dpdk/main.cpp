// SPDX-License-Identifier: Apache-2.0
// Runs the tests of one program and says loudly, also by exit code 77, where a test was skipped.
#include <gtest/gtest.h>

#include <cstdio>

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    const int failed = RUN_ALL_TESTS();
    const testing::UnitTest& all = *testing::UnitTest::GetInstance();
    for (int suite = 0; suite < all.total_test_suite_count(); ++suite) {
        for (int i = 0; i < all.GetTestSuite(suite)->total_test_count(); ++i) {
            const testing::TestInfo& test = *all.GetTestSuite(suite)->GetTestInfo(i);
            if (test.result()->Skipped()) {
                std::printf("SKIPPED: %s: %s\n", test.name(), test.result()->GetTestPartResult(0).message());
            }
        }
    }
    constexpr int exit_skipped = 77;
    return failed == 0 && all.skipped_test_count() > 0 && all.successful_test_count() == 0 ? exit_skipped : failed;
}
