from bootstrap.program import main

main()
