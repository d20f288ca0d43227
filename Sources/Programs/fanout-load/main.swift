import FanoutLoad

Program.main()
